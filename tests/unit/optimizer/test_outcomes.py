"""What the story says when a picture could not be made small."""

import json
from uuid import uuid4

import pytest

from techub_common.errors import Permanent
from techub_common.events import AssetCaptured, AssetFailed, CaptureRequested, StageRecorded
from techub_optimizer.engines import Made
from techub_optimizer.handlers import gave_up, retried
from techub_optimizer.publishing import losses, origin_of

TAKEN = AssetCaptured(
    run_id=uuid4(),
    login="Ada",
    kind="og",
    object_key="runs/x/captures/og-1.png",
    sha256="0123456789abcdef" * 4,
    bytes=100,
    width=1200,
    height=630,
    mime="image/png",
)
STRANGER = CaptureRequested(run_id=uuid4(), login="ada", variant="og", view_key="x")


def test_gave_up() -> None:
    """An asset that is given up is told as failed in optimising."""
    told = gave_up(TAKEN, Permanent("the object is not there", code="object_missing"), 1)

    assert isinstance(told, AssetFailed)
    assert (told.kind, told.stage, told.code) == ("og", "optimize", "object_missing")
    assert gave_up(STRANGER, ValueError(), 1) is None


def test_retried() -> None:
    """An asset that will be tried again leaves a line in the story."""
    told = retried(TAKEN, ValueError("odd"), 2)

    assert isinstance(told, StageRecorded)
    assert (told.stage, told.status, told.attempt) == ("optimize:og", "retrying", 2)
    assert retried(STRANGER, ValueError(), 1) is None


@pytest.mark.parametrize(("engine", "count"), [("libvips 8", 0), ("ImageMagick 7", 0), ("none", 1)])
def test_losses(engine: str, count: int) -> None:
    """Only a picture that no engine could do has lost something."""
    lost = losses("og", Made({"png": b"x"}, "p", engine))

    assert len(lost) == count
    assert all(loss.stage == "optimize:og" for loss in lost)


def test_the_note_is_the_same_again() -> None:
    """The note about a picture says the same when the work is repeated."""
    made = Made({"png": b"x"}, "vips", "libvips 8")

    assert origin_of(TAKEN, made, ()) == origin_of(TAKEN, made, ())
    assert json.loads(origin_of(TAKEN, made, ()))["capture"]["sha256"] == TAKEN.sha256
