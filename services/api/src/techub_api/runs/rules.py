"""When a run is over, how it ended, and what a retry of it has to repeat."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from techub_api.runs.sentences import STAGES
from techub_api.runs.status import Status
from techub_common.events import AVATAR, FROM_OUTSIDE, RunError

GENERATOR_STAGES: Final = tuple(stage for stage in STAGES if stage != "notify")
MADE_SMALL: Final = frozenset(f"optimize:{kind}" for kind in FROM_OUTSIDE)
NOT_ELIGIBLE: Final = "not_eligible"


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a retry does: these pictures of the card there is, or without any, the card.

    `kept` are the generator's stages whose results are carried over when they are there.
    """

    variants: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def to_repeat(
    *,
    card_ready: bool,
    error_code: str | None,
    lost: Collection[str],
    pictures: Mapping[str, bool],
    steps: Collection[str],
) -> Repeat | None:
    """Return what a retry has to do again, or None when there is nothing left to repeat.

    `lost` names the steps that failed or lost something, `pictures` maps each variant the run owed
    to whether it is out and whole; `steps` narrows it down, unless empty. Pictures that failed come
    before stages that only lost something. Who reads GitHub again writes everything again; and a
    profile that was not eligible has to be read again.
    """
    stages = {stage for stage in GENERATOR_STAGES if stage in lost}
    if not card_ready:
        reread = error_code == NOT_ELIGIBLE or GENERATOR_STAGES[0] in stages
        return Repeat(kept=() if reread else _without(stages))
    kinds = {step.partition(":")[2] or step for step in steps}
    variants = tuple(
        kind for kind, whole in pictures.items() if not whole and (not steps or kind in kinds)
    )
    if variants:
        return Repeat(variants=variants)
    named = {step for step in lost if step in stages or step in MADE_SMALL}
    if steps:
        named &= set(steps)
    if not named:
        return None
    return Repeat(kept=() if GENERATOR_STAGES[0] in named else _without(named))


def _without(stages: Collection[str]) -> tuple[str, ...]:
    return tuple(stage for stage in GENERATOR_STAGES if stage not in stages)


def outcome(
    *, card_ready: bool, pictures: Mapping[str, str], degradations: Sequence[object]
) -> tuple[Status, RunError | None] | None:
    """Return how the run ended and why it failed, or None while something is still owed.

    `pictures` maps each kind the run owes to `open`, `recorded` or `failed`; avatar and artworks
    count for waiting, not for the outcome.
    """
    if not card_ready or "open" in pictures.values():
        return None
    owed = {kind: state for kind, state in pictures.items() if kind not in FROM_OUTSIDE}
    if owed and "recorded" not in owed.values():
        error = RunError(
            stage="capture", code="no_picture", message="None of the pictures could be made."
        )
        return Status.failure, error
    return (Status.partial_success if degradations else Status.success), None


def may_capture(*, card_ready: bool, pictures: Mapping[str, str]) -> bool:
    """Return whether the pictures can be asked for: the card is there and the avatar is settled."""
    return card_ready and pictures.get(AVATAR) != "open"
