"""`techub dead` on a real stream, with an api played by the test."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.js.errors import NotFoundError

from techub_cli.connection import Server, connected
from techub_cli.replaying import decide, perform
from techub_common import events
from techub_common.dead import DeadLetter
from techub_common.envelope import seal
from techub_common.errors import Permanent
from techub_common.events import Event, StageStatus
from techub_common.letters import Chosen, Letters
from techub_common.replaying import Action
from techub_common.streams import DEAD, EVENTS

REFUSED = Permanent("Chromium ∅ its window\nwas closed \x1b[2J", code="chromium_failed")


@pytest.fixture(autouse=True)
async def empty(road: Any) -> AsyncIterator[None]:
    """Leave no letter and no event behind."""
    yield
    await road.client.jetstream().purge_stream(DEAD)
    await road.client.jetstream().purge_stream(EVENTS)


def wanted(run_id: UUID, variant: str = "og", login: str = "ada") -> events.CaptureRequested:
    """Return the request of a picture."""
    return events.CaptureRequested(run_id=run_id, login=login, variant=variant, view_key="k")


async def bury(
    road: Any,
    told: Event | bytes,
    *,
    consumer: str = "screenshotter",
    error: Permanent = REFUSED,
    tell: int = 0,
) -> int:
    """Give up a message as delivery does and return the letter's number."""
    envelope = seal(told, "/services/api", tell=tell) if isinstance(told, Event) else None
    body = told if isinstance(told, bytes) else envelope.body() if envelope else b""
    subject = told.subject if isinstance(told, Event) else "capture.requested"
    letter = DeadLetter(
        body=body,
        headers=envelope.headers() if envelope else {},
        subject=subject,
        sequence=uuid4().int % 10**9,
        consumer=consumer,
        attempts=5,
        error=error,
    )
    ack = await road.client.jetstream().publish(
        letter.dead_subject, letter.body, stream=DEAD, headers=letter.dead_headers()
    )
    number: int = ack.seq
    return number


async def ran(techub: Any, road: Any, *arguments: object) -> tuple[int, str, str]:
    """Run `techub dead …` to its end."""
    command = await techub(road.server.url, "dead", *map(str, arguments))
    ended: tuple[int, str, str] = await command.ended()
    return ended


async def numbers_left(road: Any) -> list[int]:
    """Return the numbers of the letters there are."""
    async with connected(Server(road.server.url)) as client:
        return [letter.number for letter in await Letters(client).all(Chosen())]


async def replayed(road: Any, *numbers: int, bulk: bool = False) -> list[Any]:
    """Replay letters and return what came of each."""
    async with connected(Server(road.server.url)) as client:
        deeds = await decide(client, await Letters(client).numbered(list(numbers)))
        return await perform(client, deeds, bulk=bulk)


async def test_list_and_filters(road: Any, techub: Any) -> None:
    """Letters are listed with who, what, whose and why; filters choose; nothing is left behind."""
    run_id = uuid4()
    first = await bury(road, wanted(run_id))
    second = await bury(
        road, wanted(uuid4(), login="Grace"), consumer="optimizer", error=Permanent("x", code="y")
    )
    third = await bury(road, b"\xff\x00 no event")
    before = len(await road.client.jetstream().consumers_info(DEAD))
    code, out, _ = await ran(techub, road, "list")
    lines = out.splitlines()

    assert code == 0
    assert [int(line.split()[0]) for line in lines] == [first, second, third]
    assert "screenshotter" in lines[0]
    assert (
        f"  ada  {str(run_id)[:8]}  chromium_failed  Chromium ∅ its window was closed" in lines[0]
    )
    assert "\x1b" not in out
    assert "unreadable" in lines[2]
    assert len(await road.client.jetstream().consumers_info(DEAD)) == before
    async with connected(Server(road.server.url)) as client:
        for chosen, found in (
            (Chosen(consumer="optimizer"), [second]),
            (Chosen(code="chromium_failed"), [first, third]),
            (Chosen(login="@grace"), [second]),
            (Chosen(run=str(run_id)[:13].upper()), [first]),
            (Chosen(since=datetime.now(UTC)), []),
        ):
            assert [letter.number for letter in await Letters(client).all(chosen)] == found


async def test_nothing_to_list(road: Any, techub: Any) -> None:
    """An empty list says, beside the output, whether there is nothing or the filters are wrong."""
    code, out, note = await ran(techub, road, "list")
    assert (code, out, note) == (0, "", "techub: there is no dead letter\n")
    await bury(road, wanted(uuid4()))
    code, out, note = await ran(techub, road, "list", "--consumer", "screenshoter")

    assert (code, out) == (0, "")
    assert note == (
        "techub: none of 1 dead letters fits; consumers: screenshotter; codes: chromium_failed\n"
    )


async def test_show(road: Any, techub: Any) -> None:
    """A letter is shown whole: headers, error, and its bytes as they are, readable."""
    event = wanted(uuid4())
    number = await bury(road, event, tell=2)
    code, out, _ = await ran(techub, road, "show", number)
    _, document, _ = await ran(techub, road, "show", number, "--json")
    shown = json.loads(document)

    assert code == 0
    assert "by: screenshotter, attempts 5" in out
    assert "header Techub-Tell: 2" in out
    assert '    "variant": "og"' in out
    assert json.loads(shown["body"])["data"]["variant"] == "og"
    assert shown["headers"]["Techub-Tell"] == "2"
    assert (shown["readable"], shown["run_id"]) == (True, str(event.run_id))


async def test_unreadable_bytes(road: Any, techub: Any) -> None:
    """What is no event is shown with its bytes, and is not replayed: that is said, with 1."""
    number = await bury(road, b"\xff\x1b[2J no event")
    _, out, _ = await ran(techub, road, "show", number)
    code, document, _ = await ran(techub, road, "replay", number, "--yes", "--json")
    [deed] = json.loads(document)["letters"]

    assert "\\xff\ufffd[2J no event" in out
    assert "readable: no: not a CloudEvent" in out
    assert code == 1
    assert (deed["action"], deed["done"]) == ("nothing", False)
    assert deed["note"].startswith("nobody can read it: not a CloudEvent")
    assert deed["note"].endswith(f"; techub dead drop {number} --yes takes it off the list")
    assert await numbers_left(road) == [number]


async def test_dry_run(road: Any, api: Any, techub: Any) -> None:
    """Without --yes nothing happens, and what would happen is said."""
    event = wanted(uuid4())
    api.runs = {str(event.run_id): "running"}
    number = await bury(road, event)
    replay = await ran(techub, road, "replay", number)
    drop = await ran(techub, road, "drop", "--all")

    assert (replay[0], drop[0]) == (0, 0)
    assert "tell again  capture.requested of a run that is running" in replay[1]
    assert "would be dropped" in drop[1]
    assert "nothing has been done yet; --yes does it" in replay[1]
    assert await numbers_left(road) == [number]
    with pytest.raises(NotFoundError):
        await road.client.jetstream().get_last_msg(EVENTS, "capture.requested")


async def test_replay_of_an_open_run(road: Any, api: Any) -> None:
    """The original bytes go to the original subject with the tell raised; the letter is gone."""
    event = wanted(uuid4())
    await road.tell(event)
    api.runs = {str(event.run_id): "running"}
    number = await bury(road, event)
    [deed] = await replayed(road, number)
    told = await road.client.jetstream().get_last_msg(EVENTS, "capture.requested")
    first = await road.client.jetstream().get_msg(EVENTS, seq=told.seq - 1)

    assert deed.done
    assert told.data == deed.letter.kept.body
    assert told.seq == first.seq + 1
    assert told.headers["Nats-Msg-Id"] == f"{event.id}:1"
    assert told.headers["Techub-Tell"] == "1"
    assert not [name for name in told.headers if name.startswith("Techub-Dead")]
    assert await numbers_left(road) == []


async def test_tells_of_the_sweep_are_passed(road: Any, api: Any) -> None:
    """A tell the sweep has used already would be dropped as a twin: the next one is taken."""
    event = wanted(uuid4())
    for tell in range(3):
        await road.tell(event, tell=tell)
    api.runs = {str(event.run_id): "queued"}
    [deed] = await replayed(road, await bury(road, event))
    told = await road.client.jetstream().get_last_msg(EVENTS, "capture.requested")

    assert deed.done
    assert told.headers["Nats-Msg-Id"] == f"{event.id}:3"


async def test_replay_of_a_closed_run(road: Any, api: Any) -> None:
    """The api is asked once per run for a new one that repeats these steps; nothing is told."""
    closed, other = uuid4(), uuid4()
    api.runs = {str(closed): "partial_success", str(other): "failure"}
    api.run = {"run_id": str(uuid4()), "created": True}
    numbers = [
        await bury(road, wanted(closed, "og")),
        await bury(road, wanted(closed, "card")),
        await bury(
            road,
            events.PipelineStarted(
                run_id=other, login="ada", profile_id=uuid4(), trigger=events.Trigger.cli
            ),
            consumer="generator",
        ),
    ]
    deeds = await replayed(road, *numbers, bulk=True)

    assert [deed.done for deed in deeds] == [True] * 3
    assert {deed.note for deed in deeds} == {f"repeated by the run {api.run['run_id']}"}
    assert api.retried == [
        {
            "login_or_run": str(closed),
            "steps": ["capture:card", "capture:og"],
            "bulk": True,
        },
        {"login_or_run": str(other), "bulk": True},
    ]
    assert await numbers_left(road) == []
    assert (await road.client.jetstream().stream_info(EVENTS)).state.messages == 0


async def test_a_retry_that_is_refused(road: Any, api: Any, techub: Any) -> None:
    """When the api will not repeat the step its words are shown, the letter stays, and it is 1."""
    event = wanted(uuid4())
    api.runs = {str(event.run_id): "success"}
    api.run = {"ok": False, "code": "nothing_to_retry", "error": "nothing is left to repeat"}
    number = await bury(road, event)
    code, out, _ = await ran(techub, road, "replay", "--all", "--login", "ada", "--yes")

    assert code == 1
    assert "not done  nothing is left to repeat" in out
    assert await numbers_left(road) == [number]


async def test_a_run_nobody_knows(road: Any, api: Any) -> None:
    """A letter of a run that does not exist cannot be replayed."""
    api.runs = {}
    [deed] = await replayed(road, await bury(road, wanted(uuid4())))

    assert (deed.action, deed.done) == (Action.nothing, False)
    assert deed.note.startswith("there is no run")


@pytest.mark.parametrize(
    "kind", [events.PipelineFailed, events.NotificationRecorded, events.StageRecorded]
)
async def test_what_belongs_after_the_end(road: Any, api: Any, kind: type[Event]) -> None:
    """The end of a run, who was told of it, and lines of its story are told though it is over."""
    run_id = uuid4()
    api.runs = {str(run_id): "failure"}
    event = kind.model_validate(
        {
            "run_id": run_id,
            "login": "ada",
            "profile_id": uuid4(),
            "trigger": "cli",
            "notify": "ops",
            "duration_ms": 1,
            "event": "failed",
            "counts": {},
            "stage": "x",
            "status": StageStatus.completed,
            "started_at": datetime.now(UTC),
        }
    )
    [deed] = await replayed(road, await bury(road, event, consumer="ledger"))

    assert deed.done
    assert await road.client.jetstream().get_last_msg(EVENTS, event.subject)


async def test_drop(road: Any, techub: Any) -> None:
    """Dropped letters are gone, the others stay; a number there is not is named, with 1."""
    first, second, third = [await bury(road, wanted(uuid4(), name)) for name in ("og", "a", "b")]
    code, _, _ = await ran(techub, road, "drop", first, third, "--yes")
    again, _, complaint = await ran(techub, road, "drop", first, second, "--yes")

    assert code == 0
    assert again == 1
    assert complaint == f"techub: there is no dead letter {first}: techub dead list\n"
    assert await numbers_left(road) == [second]


async def test_cancel_and_retry(road: Any, api: Any, techub: Any) -> None:
    """`pipeline cancel` and `pipeline retry` say what they did; flags become the question."""
    run_id = uuid4()
    api.canceled = {"run_id": str(run_id), "login": "Ada", "canceled": True}
    api.run = {"run_id": str(run_id), "created": True}
    cancel = await techub(road.server.url, "pipeline", "cancel", "@ada", "--reason", "wrong one")
    assert (await cancel.ended())[:2] == (0, f"run {run_id} of Ada canceled\n")
    retry = await techub(road.server.url, "pipeline", "retry", str(run_id), "--step", "capture:og")
    assert (await retry.ended())[:2] == (0, f"run {run_id}\n")
    recipe = ("--recipe", "screenshot_refresh", "--variants", "og, card", "--refresh")
    run = await techub(road.server.url, "pipeline", "run", "ada", *recipe)
    assert (await run.ended())[0] == 0

    assert api.asked == [
        {"login_or_run": "ada", "reason": "wrong one"},
        {"login_or_run": str(run_id), "steps": ["capture:og"]},
        {
            "login": "ada",
            "recipe": "screenshot_refresh",
            "variants": ["og", "card"],
            "refresh": True,
        },
    ]
