"""The form in which facts travel."""

import json
from uuid import UUID

import pytest

from techub_common.envelope import MAX_BYTES, TELL_HEADER, handling, seal, unseal
from techub_common.errors import Permanent
from techub_common.events import AssetCaptured, CaptureRequested, StageRecorded

RUN = UUID("00000000-0000-4000-8000-000000000001")


def requested(variant: str = "og") -> CaptureRequested:
    """Return a request for one picture."""
    return CaptureRequested(run_id=RUN, login="pip", variant=variant, view_key="runs/x/view.json")


def test_round_trip() -> None:
    """What is sealed comes out as it went in."""
    sealed = seal(requested(), "/services/api")

    opened = unseal(sealed.body(), sealed.headers())

    assert opened == sealed


def test_it_is_a_cloud_event() -> None:
    """The body is CloudEvents 1.0 structured JSON with our extensions."""
    document = json.loads(seal(requested(), "/services/api").body())

    assert document["specversion"] == "1.0"
    assert document["type"] == "techub.capture.requested.v1"
    assert document["source"] == "/services/api"
    assert document["subject"] == "pip"
    assert document["runid"] == str(RUN)
    assert document["traceparent"].count("-") == 3


def test_a_fact_has_one_id_whoever_tells_it() -> None:
    """The id follows from run, type and key, not from who tells it or when."""
    one, other = seal(requested(), "/services/api"), seal(requested(), "/services/cli")

    assert one.event.id == other.event.id
    assert one.message_id == other.message_id
    assert requested("og").id != requested("card").id


def test_an_effect_copies_cause_trace_and_tell() -> None:
    """A re-tell passes the dedupe window at every hop because its number travels on."""
    cause = seal(requested(), "/services/api", tell=2)
    with handling(cause):
        effect = seal(requested("card"), "/services/screenshotter")

    assert effect.tell == 2
    assert effect.message_id.endswith(":2")
    assert effect.causation_id == cause.event.id
    assert effect.traceparent.split("-")[1] == cause.traceparent.split("-")[1]
    assert effect.traceparent != cause.traceparent


def test_too_large_is_refused_before_it_is_sent() -> None:
    """An event of 64 KB or more is Permanent, so nobody tries it again."""
    event = CaptureRequested(run_id=RUN, login="pip", variant="og", view_key="x" * MAX_BYTES)

    with pytest.raises(Permanent, match="limit") as raised:
        seal(event, "/services/api").body()

    assert raised.value.code == "event_too_large"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable_event"),
        (b"\xff\xfe", "unreadable_event"),
        (b"[]", "unreadable_event"),
        (b'{"specversion": "1.0"}', "unreadable_event"),
    ],
)
def test_nonsense_is_permanent(body: bytes, code: str) -> None:
    """What is no CloudEvent is refused with a readable reason."""
    with pytest.raises(Permanent) as raised:
        unseal(body)

    assert raised.value.code == code


def test_unknown_type_is_named() -> None:
    """An event nobody knows is refused by name."""
    body = seal(requested(), "/services/api").body().replace(b"capture.requested", b"cat.petted")

    with pytest.raises(Permanent, match=r"techub\.cat\.petted\.v1") as raised:
        unseal(body)

    assert raised.value.code == "unknown_event"


def test_unknown_fields_are_ignored() -> None:
    """A consumer reads an event that has grown a field since."""
    document = json.loads(seal(requested(), "/services/api").body())
    document["data"]["colour"] = "red"
    document["newextension"] = "x"

    assert unseal(json.dumps(document).encode()).event == requested()


def test_tell_header_of_nonsense_counts_as_first() -> None:
    """A damaged header does not keep a fact from being heard."""
    sealed = seal(requested(), "/services/api")

    assert unseal(sealed.body(), {TELL_HEADER: "many"}).tell == 0


def test_stage_lines_differ_by_status_and_attempt() -> None:
    """Two attempts at a stage are two facts."""
    line = {"run_id": RUN, "login": "pip", "stage": "pull", "started_at": "2026-01-01T00:00:00Z"}
    ids = {
        StageRecorded.model_validate(line | {"status": status, "attempt": attempt}).id
        for status in ("started", "retrying", "completed")
        for attempt in (1, 2)
    }

    assert len(ids) == 6


def test_asset_events_of_one_kind_are_one_fact() -> None:
    """A second capture with other bytes is still the same fact: the first one told wins."""
    shot = {"run_id": RUN, "login": "p", "kind": "og", "object_key": "k", "bytes": 1}
    shot |= {"width": 1, "height": 1, "mime": "image/png"}
    one = AssetCaptured.model_validate(shot | {"sha256": "a"})
    other = AssetCaptured.model_validate(shot | {"sha256": "b"})

    assert one.id == other.id
