"""What a line shows, whatever lies on the stream."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from nats.aio.client import Client
from nats.aio.msg import Msg

from techub_cli.answers import RunShown
from techub_cli.lines import line_for
from techub_cli.screen import Screen, clock, colour_of, plain, size, took
from techub_cli.steps import step_of
from techub_cli.telling import fields_of
from techub_cli.timeline import drawn
from techub_cli.told import Wanted, read
from techub_common import events
from techub_common.envelope import seal

RUN = UUID("11111111-2222-3333-4444-555555555555")
OF: dict[str, Any] = {"run_id": RUN, "login": "Ada"}
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILE: dict[str, Any] = {"object_key": "k", "sha256": "0", "width": 1200, "height": 630}
END: dict[str, Any] = OF | {
    "profile_id": RUN,
    "trigger": events.Trigger.cli,
    "notify": events.Notify.ops,
    "duration_ms": 3200,
}

TOLD: dict[str, events.Event] = {
    "trigger=cli": events.PipelineStarted(**OF, profile_id=RUN, trigger=events.Trigger.cli),
    "status=skipped": events.StageRecorded(
        **OF, stage="x", status=events.StageStatus.skipped, started_at=NOW
    ),
    "provider=heuristics": events.CardGenerated(
        **OF, github_id=1, artifacts={}, provenance=events.Provenance(provider="heuristics")
    ),
    "code=not_eligible": events.CardFailed(**OF, stage="x", code="not_eligible", message="No."),
    "variant=og": events.CaptureRequested(**OF, variant="og", view_key="k"),
    "size=1200x630": events.AssetCaptured(**OF, kind="og", mime="image/png", bytes=9, **FILE),
    "bytes=88 kB > webp 12 kB": events.AssetRecorded(
        **OF,
        kind="og",
        provider="chromium",
        renditions=(events.Rendition(format="webp", bytes=12_000, mime="image/webp", **FILE),),
        bytes_before=88_000,
        engine="vips",
    ),
    "code=chromium_failed": events.AssetFailed(
        **OF, kind="og", stage="capture", code="chromium_failed", message="No.", attempts=5
    ),
    "duration=3.2 s": events.PipelineCompleted(**END),
    "degraded=og: gone": events.PipelinePartial(
        **END, degradations=(events.Degradation(stage="og", reason="gone"),)
    ),
    "error=Nobody.": events.PipelineFailed(
        **END, error=events.RunError(stage="x", code="y", message="Nobody.")
    ),
    "by=ops": events.PipelineCanceled(**OF, profile_id=RUN, by="ops", reason="superseded"),
    "delivered=2": events.NotificationRecorded(
        **OF, event="completed", counts={"delivered": 2, "skipped": 0}
    ),
    "user=11111111": events.AddressChanged(**OF, user_id=OF["run_id"]),
    "reported=bounced": events.MailReported(
        **OF, report_id="msg_1", provider_id="re_1", reported="bounced", hard=True
    ),
    "changes=api store fail  failing=3": events.HealthChanged(
        **OF,
        probe=7,
        changes=(events.HealthChange(service="api", check="store", state="fail"),),
        failing=3,
    ),
    "tokens=1200": events.BudgetExhausted(**OF, day=NOW.date(), tokens=1_200, budget=1_000),
}


def message(body: bytes, subject: str = "stage.recorded", tell: str = "0") -> Msg:
    """Return a message as JetStream delivers it."""
    reply = "$JS.ACK.EVENTS.c.1.7.3.1700000000000000000.0"
    return Msg(Client(), subject, reply, body, {"Techub-Tell": tell})


def sealed(event: events.Event, source: str = "generator") -> Msg:
    """Return a message that tells the event."""
    return message(seal(event, f"/services/{source}").body(), event.subject)


def test_every_event_is_told_apart() -> None:
    """There is an example of every event, so none is without telling fields."""
    assert set(events.ALL) == {type(event) for event in TOLD.values()}


@pytest.mark.parametrize(("field", "event"), TOLD.items(), ids=TOLD)
def test_telling_fields(field: str, event: events.Event) -> None:
    """The line shows the field that matters most about such an event, and no empty ones."""
    line = line_for(read(sealed(event)), NOW).plain

    assert f"  {event.subject}" in line
    assert "  Ada  " in line
    assert "  11111111  " in line
    assert f"  {field}" in line
    assert not {None, "", 0} & set(fields_of(event).values())


@given(some.binary() | some.text().map(str.encode))
def test_garbage_is_shown_too(body: bytes) -> None:
    """No body can keep the line, or its JSON, from being shown; it stays one line."""
    told = read(message(body))

    assert line_for(told, NOW).plain.isprintable()
    assert b"\n" not in told.as_json()
    assert json.loads(told.as_json())["sequence"] == 7


@given(some.recursive(some.none() | some.text() | some.integers(), some.lists, max_leaves=5))
def test_strange_events_are_shown_too(value: Any) -> None:
    """Attributes of any shape are shown, without control codes."""
    attributes = ("id", "source", "type", "subject", "time", "runid", "data")
    cloud = {"specversion": "1.0", **dict.fromkeys(attributes, value)}
    told = read(message(json.dumps(cloud, indent=1).encode()))

    assert line_for(told, NOW).plain.isprintable()
    assert cloud == json.loads(told.as_json())


def test_an_event_of_a_later_version() -> None:
    """An event type the command does not know is shown with its type and plain fields."""
    cloud = json.loads(seal(TOLD["variant=og"], "/services/api").body())
    cloud |= {"type": "techub.capture.requested.v2", "data": {"lens": "wide", "more": {}}}
    line = line_for(read(message(json.dumps(cloud).encode())), NOW).plain

    assert line.endswith("type=techub.capture.requested.v2  lens=wide")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), True),
        (Wanted(login="@aDA"), True),
        (Wanted(login="ad"), False),
        (Wanted(run="1111"), True),
        (Wanted(run=str(RUN).upper()), True),
        (Wanted(run="2"), False),
        (Wanted(service="generator"), True),
        (Wanted(service="api"), False),
        (Wanted(login="ada", run="1", service="api"), False),
    ],
)
def test_wanted(wanted: Wanted, found: bool) -> None:
    """Every filter given has to fit."""
    assert found == (read(sealed(TOLD["variant=og"])) in wanted)


def test_colours() -> None:
    """A service has its colour, a new one too, and always the same."""
    assert colour_of("api") != colour_of("generator")
    assert colour_of("archiver") == colour_of("archiver")


def test_for_people() -> None:
    """Figures are written for people, and foreign text cannot command the terminal."""
    assert [took(n) for n in (None, 820, 1234, 125_000)] == ["", "820 ms", "1.2 s", "2 m 05 s"]
    assert [size(n) for n in (999, 12_345)] == ["999 B", "12 kB"]
    assert plain("a\x1b[2Jb\nc") == "a\ufffd[2Jb c"
    assert clock(NOW, NOW).endswith(".000")
    assert clock(NOW, NOW + timedelta(days=2)).startswith("2026-11-2")


def test_a_drawn_run_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing the api passes on from outside reaches the terminal as a command."""
    hostile = "\x1b]0;gone\x07[red]x[/red]"
    run = RunShown.model_validate(
        {
            "run_id": RUN,
            "login": hostile,
            "status": "failure",
            "trigger": "cli",
            "created_at": NOW,
            "error": {"stage": hostile, "code": "c", "sentence": hostile},
            "steps": [{"name": hostile, "status": "failed", "sentence": hostile}],
            "notified": {},
        }
    )
    Screen().print(drawn(run))
    out = capsys.readouterr().out

    assert "\x1b" not in out
    assert "[red]x[/red]" in out
    assert "told: nobody" in out


def test_what_settles_no_step() -> None:
    """The avatar's arrival and a stage's start are no steps of their own."""
    avatar = events.AssetCaptured(**OF, kind=events.AVATAR, mime="image/png", bytes=9, **FILE)
    start = events.StageRecorded(**OF, stage="x", status=events.StageStatus.started, started_at=NOW)

    assert step_of(avatar) is None
    assert step_of(start) is None
