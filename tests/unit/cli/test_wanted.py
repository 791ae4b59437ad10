"""Which tellings an operator gets to see, and in which words."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from techub_cli.conditions import condition
from techub_cli.fields import TELLING, field_named
from techub_cli.template import template
from techub_cli.told import Told, read
from techub_common import events
from techub_common.envelope import seal

RUN = UUID("11111111-2222-3333-4444-555555555555")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILE: dict[str, Any] = {"object_key": "k", "sha256": "0", "width": 1200, "height": 630}


def told(event: events.Event, body: bytes | None = None) -> Told:
    """Return the event as it is read from the stream, or something else in its place."""
    reply = "$JS.ACK.EVENTS.c.1.7.3.1700000000000000000.0"
    sealed = seal(event, "/services/optimizer", tell=2)
    message = Msg(Client(), event.subject, reply, body or sealed.body(), {"Techub-Tell": "2"})
    return read(message)


RECORDED = told(
    events.AssetRecorded(
        run_id=RUN,
        login="Ada",
        kind="og",
        provider="chromium",
        renditions=tuple(
            events.Rendition(format=form, bytes=count, mime=f"image/{form}", **FILE)
            for form, count in (("webp", 12_000), ("png", 40_000))
        ),
        bytes_before=88_000,
        engine="vips",
    )
)
FAILED = told(
    events.CardFailed(run_id=RUN, login="Ada", stage="pull", code="x", message="It timed\nout: 5 s")
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("kind=og", True),
        ("data.kind=og", True),
        ("kind=o", False),
        ("kind!=og", False),
        ("kind!=card", True),
        ("kind~^O", True),
        ("kind!~^c", True),
        (" bytes_before = 88000 ", True),
        ("renditions.format=png", True),
        ("renditions.format=avif", False),
        ("renditions.format!=png", False),
        ("renditions.bytes=12000", True),
        ("stage=pull", False),
        ("stage!=pull", True),
        ("stage~", False),
        ("type=techub.asset.recorded.v1", True),
        ("service=optimizer", True),
        ("subject=asset.recorded", True),
        ("login=Ada", True),
        ("run~^1111", True),
        ("tell=2", True),
        ("sequence=7", True),
        ("time~^20", True),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    """Any field can be asked about; in a list one that fits is enough, and none for a denial."""
    assert holds == condition(text).holds(RECORDED)


def test_what_is_no_event_fulfils_denials_only() -> None:
    """Garbage on the stream has no fields of data; what can be said of it can be asked."""
    garbage = told(
        events.CaptureRequested(run_id=RUN, login="a", variant="og", view_key="k"), b"no"
    )

    assert not condition("variant=og").holds(garbage)
    assert condition("variant!=og").holds(garbage)
    assert condition("subject=capture.requested").holds(garbage)
    assert template("{sequence} {login} {variant}").fill(garbage) == "7 - -"


@pytest.mark.parametrize("attribute", ["data", "time", "type", "traceparent", "source"])
@pytest.mark.parametrize("value", [None, 1, [], [[1]], {"a": 1}, "\x1b[2J", True])
def test_fields_of_strange_shape(attribute: str, value: object) -> None:
    """Whatever lies on the stream, no field of it can make a condition or a line fail."""
    cloud = {"specversion": "1.0", attribute: value}
    strange = told(
        events.CaptureRequested(run_id=RUN, login="a", variant="og", view_key="k"),
        json.dumps(cloud).encode(),
    )

    for name in (*TELLING, "variant", "policy.notify"):
        assert template(f"{{{name}}}").fill(strange).isprintable()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("data.varient=og", "no.*'data.varient'; do you mean 'variant'"),
        ("policy.notifies=x", "do you mean 'policy.notify'"),
        ("renditions.size=1", "'renditions.size'"),
        ("qqqq=1", "there are time, service, .* of the data .*variant"),
        ("kind", "no condition"),
        ("=og", "no condition"),
        ("kind~(", "no regular expression"),
    ],
)
def test_conditions_nobody_can_mean(text: str, complaint: str) -> None:
    """A condition that could never hold is refused, and the sentence says why."""
    with pytest.raises(ValueError, match=f"(?s){complaint}"):
        condition(text)


def test_every_field_of_every_event_has_a_name() -> None:
    """What the golden schemas call their fields can be asked for, at the top and below."""
    for event in events.ALL:
        for name in event.model_fields:
            assert field_named(name)
    assert field_named("options.variants")
    assert field_named("artifacts.pull_github_data")
    assert field_named("error.code")


def test_templates() -> None:
    """Words, fields and formats come out as written; foreign text stays one harmless line."""
    line = template("{{{login:>5}}} {subject}|{kind:<4}|{renditions.format} {stage}")

    assert line.fill(RECORDED) == "{  Ada} asset.recorded|og  |webp,png -"
    assert template("{message}").fill(FAILED) == "It timed out: 5 s"
    assert template("{run} {tell} {service}").fill(FAILED) == f"{RUN} 2 optimizer"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{logn}", "no.*'logn'; do you mean 'login'"),
        ("{login", "no template"),
        ("}", "no template"),
        ("{}", "by its name"),
        ("{login!r}", "by its name"),
        ("{login:q}", "q"),
    ],
)
def test_templates_nobody_can_fill(text: str, complaint: str) -> None:
    """A template says which field is unknown before anything is shown."""
    with pytest.raises(ValueError, match=complaint):
        template(text)
