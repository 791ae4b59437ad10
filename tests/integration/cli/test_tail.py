"""`techub events tail` on a real broker."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.errors import Error as NatsError

from techub_common import events
from techub_common.streams import EVENTS, declare


def captured(kind: str, run_id: UUID | None = None, login: str = "octocat") -> events.AssetCaptured:
    """Return one picture taken."""
    return events.AssetCaptured(
        run_id=run_id or uuid4(),
        login=login,
        kind=kind,
        object_key="k",
        sha256="0" * 64,
        bytes=1000,
        width=1200,
        height=630,
        mime="image/png",
        duration_ms=820,
    )


def requested(variant: str, run_id: UUID | None = None) -> events.CaptureRequested:
    """Return one picture asked for."""
    return events.CaptureRequested(
        run_id=run_id or uuid4(), login="Hubot", variant=variant, view_key="k"
    )


async def heard_from(road: Any, tail: Any, login: str) -> list[str]:
    """Tell events until the tail shows one, and return the lines it then has shown."""
    first = asyncio.create_task(tail.line())
    while not first.done():
        await road.tell(captured("ready", login=login))
        await asyncio.wait([first], timeout=0.1)
    return [await first]


LEFT_OPEN = "ignore:unclosed <StreamWriter:ResourceWarning"


@pytest.mark.filterwarnings(LEFT_OPEN)
async def test_no_gap_and_no_repeat_over_restarts(fragile_road: Any, techub: Any) -> None:
    """What is told while the broker is killed twice and restarted once is shown once, in order."""
    road = fragile_road
    tail = await techub(road.server.url, "events", "tail", "--json")
    shown = await heard_from(road, tail, "warm-up")
    told = [captured(f"kind-{number}") for number in range(300)]

    async def tell_all() -> None:
        for event in told:
            while True:
                try:
                    await asyncio.wait_for(road.tell(event), 0.3)
                except (NatsError, TimeoutError):
                    continue
                break

    async def read_until(count: int) -> None:
        while len(shown) < count:
            shown.append(await tail.line())

    telling = asyncio.create_task(tell_all())
    await read_until(50)
    await road.server.kill()
    assert "techub: the connection is lost" in await tail.notice()
    await road.server.start()
    assert "techub: the stream is back" in await tail.notice()
    await read_until(120)
    await road.server.kill()
    await road.server.start()
    await read_until(200)
    await road.server.restart()
    await telling
    first = await stored(road, json.loads(shown[0])["id"])
    last = (await road.client.jetstream().stream_info(EVENTS)).state.last_seq
    await read_until(last - first + 1)
    code, rest, _ = await tail.interrupted()

    ids = [json.loads(line)["id"] for line in shown]
    expected = [str(event.id) for event in told]
    assert expected == ids[-len(expected) :]
    assert len(ids) == len(set(ids))
    assert (code, rest) == (0, "")


async def stored(road: Any, event_id: str) -> int:
    """Return the sequence under which an event is stored."""
    js = road.client.jetstream()
    info = await js.stream_info(EVENTS)
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        message = await js.get_msg(EVENTS, sequence)
        if json.loads(message.data or b"{}")["id"] == event_id:
            return sequence
    raise AssertionError(event_id)


@pytest.mark.filterwarnings(LEFT_OPEN)
async def test_a_lost_store_is_followed_again_from_its_beginning(
    fragile_road: Any, techub: Any
) -> None:
    """When the stream is lost and made anew, its first event is shown."""
    road = fragile_road
    tail = await techub(road.server.url, "events", "tail", "--json", "--login", "after")
    await heard_from(road, tail, "after")
    await road.server.wipe()
    await road.server.start()
    await road.client.flush()
    await declare(road.client.jetstream(), ack_wait=15)
    event = captured("first-of-the-new", login="after")
    await road.tell(event)
    line = await tail.line()
    while json.loads(line)["data"]["kind"] == "ready":
        line = await tail.line()

    assert str(event.id) == json.loads(line)["id"]


async def test_history_and_filters(road: Any, techub: Any) -> None:
    """The past is shown from `--since` on, and every filter leaves out the rest."""
    run_id, other = uuid4(), uuid4()
    await road.tell(
        captured("og", run_id, "Ada"),
        requested("og", run_id),
        captured("og", other, "ada"),
        captured("card", run_id, "grace"),
        captured("simple", run_id, "ada"),
    )
    asked = (
        ("--login", "ADA", "--run", str(run_id)[:8], "--subject", "asset.*"),
        ("--service", "api", "--subject", "capture.>", "--subject", "pipeline.*"),
    )
    tails = [
        await techub(road.server.url, "events", "tail", "--json", "--since", "1h", *options)
        for options in asked
    ]
    both = [json.loads(await tails[0].line())["data"]["kind"] for _ in range(2)]
    other = json.loads(await tails[1].line())
    rests = [(await tail.interrupted())[:2] for tail in tails]

    assert both == ["og", "simple"]
    assert other["type"] == events.CaptureRequested.type
    assert rests == [(0, "")] * 2


async def test_conditions_and_templates(road: Any, techub: Any) -> None:
    """Conditions hold together, a template is one line per telling; typing errors end with 2."""
    run_id = uuid4()
    await road.tell(
        requested("og", run_id), requested("card", run_id), captured("og", run_id, "grace")
    )
    options = ("--where", f"run={run_id}", "--where", "data.variant=card", "--since", "1h")
    line = ("--template", "{login} {variant:>6} {kind}")
    tail = await techub(road.server.url, "events", "tail", *options, *line)
    shown = await tail.line()
    code, rest, _ = await tail.interrupted()
    mistakes = [
        await (await techub(road.server.url, "events", "tail", *options)).ended()
        for options in (("--where", "varient=og"), ("--template", "{logn}"), ("--json", *line))
    ]

    assert (shown, code, rest) == ("Hubot   card -\n", 0, "")
    assert [mistake[0] for mistake in mistakes] == [2, 2, 2]
    assert "'varient'; do you mean 'variant'?" in _unboxed(mistakes[0][2])
    assert "'logn'; do you mean 'login'?" in _unboxed(mistakes[1][2])


def _unboxed(complaint: str) -> str:
    return " ".join(complaint.replace("│", " ").split())


async def test_a_run_is_shown_from_its_beginning(road: Any, api: Any, techub: Any) -> None:
    """`--run` alone begins where the api says the run began; without the api, with the stream."""
    began = datetime.now(UTC)
    run_id = uuid4()
    await road.tell(captured("og", run_id), captured("card"), captured("card", run_id))
    api.shown = {
        "run_id": str(run_id),
        "login": "octocat",
        "status": "running",
        "trigger": "cli",
        "created_at": began.isoformat(),
    }
    named = ("events", "tail", "--json", "--run", str(run_id)[:8])
    with_api = await techub(road.server.url, *named)
    heard = [json.loads(await with_api.line())["data"]["kind"] for _ in range(2)]
    await with_api.interrupted()
    api.shown = {}
    without = await techub(road.server.url, *named)
    notice = await without.notice()
    again = [json.loads(await without.line())["data"]["kind"] for _ in range(2)]
    await without.interrupted()

    assert heard == again == ["og", "card"]
    assert "read from its beginning" in notice


async def test_lines_for_people(road: Any, techub: Any) -> None:
    """A line names service, subject, login, run and the telling fields; nothing can hide in it."""
    began = datetime.now(UTC).isoformat()
    run_id = uuid4()
    event = events.StageRecorded(
        run_id=run_id,
        login="ada",
        stage="pull_github_data",
        status=events.StageStatus.degraded,
        started_at=datetime.now(UTC),
        duration_ms=1234,
        message="pinned \x1b[2J could not be read",
    )
    await road.tell(event, tell=2)
    await road.client.jetstream().publish("asset.failed", b"not json \x1b[2J")
    tail = await techub(road.server.url, "events", "tail", "--since", began)
    line, odd = await tail.line(), await tail.line()
    await tail.interrupted()

    for part in ("generator ", "stage.recorded ", "ada ", str(run_id)[:8], "tell=2"):
        assert part in line
    assert "status=degraded  duration=1.2 s  message=pinned \ufffd[2J could not be read" in line
    assert "asset.failed" in odd
    assert "unreadable=not json \ufffd[2J" in odd


async def test_a_reader_that_leaves(road: Any, techub: Any) -> None:
    """When the reader of the pipe leaves, the tail ends at once, with 0 and without a word."""
    await road.tell(captured("og"))
    tail = await techub(road.server.url, "events", "tail", "--json", "--since", "1h")
    await tail.line()
    tail.process._transport.get_pipe_transport(1).close()
    code, _, complaints = await tail.ended()

    assert (code, complaints) == (0, "")
