"""`techub pipeline` against a real broker and an api played by the test."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from techub_cli.connection import Server
from techub_cli.pipeline import start
from techub_common import events
from techub_common.asks import RunRequest
from techub_common.events import Event, Notify, Trigger

ADA = RunRequest(login="ada")


def story(run_id: UUID) -> list[Event]:
    """Return what is told of a run with one picture, up to its end."""
    of: dict[str, Any] = {"run_id": run_id, "login": "ada"}
    stage: dict[str, Any] = of | {"stage": "pull_github_data", "started_at": datetime.now(UTC)}
    small = events.Rendition(
        format="webp",
        object_key="k",
        bytes=12_000,
        sha256="0",
        width=1,
        height=1,
        mime="image/webp",
    )
    return [
        events.PipelineStarted(**of, profile_id=uuid4(), trigger=Trigger.cli),
        events.StageRecorded(**stage, status=events.StageStatus.started),
        events.StageRecorded(
            **stage, status=events.StageStatus.completed, duration_ms=640, message="30 repositories"
        ),
        events.CaptureRequested(**of, variant="og", view_key="k"),
        events.AssetCaptured(
            **of,
            kind="og",
            object_key="k",
            sha256="0",
            bytes=88_000,
            width=1200,
            height=630,
            mime="image/png",
            duration_ms=410,
        ),
        events.AssetRecorded(
            **of,
            kind="og",
            provider="chromium",
            renditions=(small,),
            bytes_before=88_000,
            engine="vips",
            duration_ms=97,
        ),
    ]


def ended(kind: type[events.Ended], run_id: UUID, **more: Any) -> events.Ended:
    """Return the end of a run."""
    return kind(
        run_id=run_id,
        login="ada",
        profile_id=uuid4(),
        trigger=Trigger.cli,
        notify=Notify.ops,
        duration_ms=3200,
        **more,
    )


def told(run_id: UUID, event: Any) -> Event:
    """Return the word that somebody was told of it."""
    return events.NotificationRecorded(
        run_id=run_id, login="ada", event=event, counts={"delivered": 1}
    )


def canceled(run_id: UUID) -> Event:
    """Return the end of a run that was superseded."""
    return events.PipelineCanceled(
        run_id=run_id, login="ada", profile_id=uuid4(), by="ops", reason="superseded"
    )


LOST = (events.Degradation(stage="optimize:og", reason="not optimised"),)
ERROR = events.RunError(stage="pull_github_data", code="github_login_unknown", message="Nobody.")


@pytest.mark.parametrize(
    ("code", "last_line", "ending"),
    [
        (
            0,
            "completed in 3.2 s",
            lambda r: [ended(events.PipelineCompleted, r), told(r, "completed")],
        ),
        (
            3,
            "partial in 3.2 s; lost: optimize:og: not optimised",
            lambda r: [ended(events.PipelinePartial, r, degradations=LOST), told(r, "partial")],
        ),
        (
            1,
            "failed in 3.2 s: Nobody. (github_login_unknown)",
            lambda r: [ended(events.PipelineFailed, r, error=ERROR), told(r, "failed")],
        ),
        (4, "canceled by ops: superseded", lambda r: [canceled(r)]),
    ],
    ids=["completed", "partial", "failed", "canceled"],
)
async def test_outcomes(
    road: Any, api: Any, capsys: pytest.CaptureFixture[str], code: int, last_line: str, ending: Any
) -> None:
    """A run told in full before the api even answers is followed to its end; the code tells it."""
    run_id = uuid4()
    api.run = {"run_id": str(run_id), "created": True}

    async def all_of_it() -> None:
        await road.tell(*story(run_id), *story(uuid4()))
        await road.tell(*story(run_id)[2:4], tell=1)
        await road.tell(*ending(run_id))

    api.first = all_of_it
    exit_code = await start(Server(road.server.url), ADA, wait=True, as_json=False)
    lines = capsys.readouterr().out.splitlines()

    assert code == exit_code
    assert api.asked == [{"login": "ada"}]
    assert f"run {run_id}" == lines[0]
    assert [
        "completed pull_github_data 640 ms 30 repositories",
        "completed capture:og 410 ms 1200x630, 88 kB",
        "completed optimize:og 97 ms 88 kB > webp 12 kB",
        last_line,
    ] == [" ".join(line.split()) for line in lines[1:5]]
    assert (code == 4) == (len(lines) == 5)


async def test_joining_an_open_run(road: Any, api: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """An open run is joined: what was told of it before is shown too, as CloudEvents."""
    run_id = uuid4()
    api.run = {"run_id": str(run_id), "created": False}
    api.shown = shown(run_id)
    await road.tell(*story(run_id), ended(events.PipelineCompleted, run_id))
    await road.tell(told(run_id, "completed"))
    exit_code = await start(Server(road.server.url), ADA, wait=True, as_json=True)
    answer, *lines = map(json.loads, capsys.readouterr().out.splitlines())

    assert exit_code == 0
    assert {"ok": True, "run_id": str(run_id), "created": False} == answer
    assert {str(run_id)} == {line["runid"] for line in lines}
    assert len(lines) == 8


async def test_nobody_says_who_was_told(
    road: Any, api: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The word about mails is waited for only so long; the outcome stands without it."""
    run_id = uuid4()
    api.run = {"run_id": str(run_id), "created": True}
    api.first = lambda: road.tell(ended(events.PipelineCompleted, run_id))
    exit_code = await start(Server(road.server.url), ADA, wait=True, as_json=False, told_within=0.1)

    assert exit_code == 0
    assert "not known yet who was told" in capsys.readouterr().err


def shown(run_id: UUID) -> dict[str, Any]:
    """Return a run as the api shows it."""
    return {
        "run_id": str(run_id),
        "login": "Ada",
        "status": "partial_success",
        "trigger": "cli",
        "created_at": datetime.now(UTC).isoformat(),
        "finished_at": None,
        "duration_ms": 3200,
        "degradations": [{"stage": "optimize:og", "reason": "not optimised"}],
        "error": None,
        "steps": [
            {
                "name": "capture:og",
                "status": "completed",
                "attempts": 1,
                "queue_ms": 4,
                "duration_ms": 410,
                "sentence": None,
            }
        ],
        "pictures": [
            {
                "variant": "og",
                "format": "webp",
                "url": "http://127.0.0.1:3000/generated/ada/og-0123456789ab.webp",
                "bytes": 12_000,
                "width": 1200,
                "height": 630,
                "mime": "image/webp",
            }
        ],
        "notified": {"delivered": 1},
        "events_url": "http://127.0.0.1:3000/x",
        "profile_url": "http://127.0.0.1:3000/profiles/ada",
    }


async def test_status(road: Any, api: Any, techub: Any) -> None:
    """A run is shown with its steps, their times, what it lost and its pictures; or as JSON."""
    run_id = uuid4()
    api.shown = shown(run_id)
    for_people = await techub(road.server.url, "pipeline", "status", "@ada")
    for_programs = await techub(road.server.url, "pipeline", "status", str(run_id), "--json")
    code, out, _ = await for_people.ended()
    json_code, document, _ = await for_programs.ended()
    lines = [" ".join(line.split()) for line in out.splitlines()]

    assert (code, json_code) == (0, 0)
    assert lines[0].startswith("Ada partial_success 3.2 s cli, ")
    assert "optimize:og: not optimised" in lines
    assert "capture:og completed 4 ms 410 ms 1" in lines
    assert (
        "og webp 1200x630 12 kB http://127.0.0.1:3000/generated/ada/og-0123456789ab.webp" in lines
    )
    assert {"ok": True, **api.shown} == json.loads(document)
    assert {"ada", str(run_id)} == {question["login_or_run"] for question in api.asked}


async def test_interrupted(road: Any, api: Any, techub: Any) -> None:
    """Ctrl-C ends the following with 130 and says how to look at the run, which goes on."""
    run_id = uuid4()
    api.run = {"run_id": str(run_id), "created": True}
    command = await techub(road.server.url, "pipeline", "run", "ada", "--wait")
    await command.line()
    code, _, notice = await command.interrupted()

    assert code == 130
    assert f"techub pipeline status {run_id}" in notice
    assert "Traceback" not in notice
