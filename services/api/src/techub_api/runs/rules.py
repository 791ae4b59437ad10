"""When a run is over and how it ended: decided from the card and the pictures alone."""

from collections.abc import Mapping, Sequence

from techub_api.runs.status import Status
from techub_common.events import AVATAR, RunError


def outcome(
    *, card_ready: bool, pictures: Mapping[str, str], degradations: Sequence[object]
) -> tuple[Status, RunError | None] | None:
    """Return how the run ended and why it failed, or None while something is still owed.

    `pictures` maps each kind the run owes to `open`, `recorded` or `failed`; the avatar counts for
    waiting, not for the outcome.
    """
    if not card_ready or "open" in pictures.values():
        return None
    owed = {kind: state for kind, state in pictures.items() if kind != AVATAR}
    if owed and "recorded" not in owed.values():
        error = RunError(
            stage="capture", code="no_picture", message="None of the pictures could be made."
        )
        return Status.failure, error
    return (Status.partial_success if degradations else Status.success), None


def may_capture(*, card_ready: bool, pictures: Mapping[str, str]) -> bool:
    """Return whether the pictures can be asked for: the card is there and the avatar is settled."""
    return card_ready and pictures.get(AVATAR) != "open"
