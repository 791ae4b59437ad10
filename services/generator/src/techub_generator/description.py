"""What is seen in the avatar, where the policy asks for it; whoever writes the card is told."""

from typing import Final

from techub_common.errors import Permanent
from techub_generator.artifacts import known
from techub_generator.avatar import Avatar
from techub_generator.gemini.describing import SECONDS, SEEN, describe
from techub_generator.gemini.exchange import Picture
from techub_generator.gemini.providers import Provider
from techub_generator.gemini.writing import Asks
from techub_generator.profile import Fact
from techub_generator.stages import DESCRIPTION, MOCK, NO_CREDENTIAL, Done, Paid, Run

MARGIN: Final = 5.0  # seconds the stage may take beyond asking
NO_AVATAR: Final = "There is no avatar to describe."


class AvatarDescription(Paid):
    """The JSON of `runs/<run_id>/describe_avatar.json`; `sha256` is of the picture it is about.

    `details` are facial features, expression, attire, palette, background and mood, as far as they
    were said; `calls` what this run has asked for them.
    """

    sha256: str
    description: str | None = None
    details: dict[str, str] = {}


class Remembered(Fact):
    """What a card's artifact remembers of the avatar."""

    seen: AvatarDescription | None = None


async def describe_avatar(
    run: Run, asks: Asks, providers: tuple[Provider, ...], avatar: Avatar | None
) -> AvatarDescription | None:
    """Return what is seen in the avatar; the same picture is described once and remembered.

    None where the policy does not ask for it: then the run has no such stage.
    """
    if not run.event.policy.descriptions:
        return None
    remembered = await known(run.store, run.event.known.card, Remembered)
    before = remembered.seen if remembered else None
    if avatar is None:
        return before and before.model_copy(update={"calls": ()})
    described = before if before and before.description and before.sha256 == avatar.sha256 else None
    unless = _nobody_asked(run, providers) if described is None else None
    return await run.stage(
        DESCRIPTION,
        AvatarDescription,
        lambda: _described(run, asks, providers, avatar, described),
        unless=NO_AVATAR if avatar.object_key is None else unless,
        seconds=SECONDS + MARGIN,
    )


def _nobody_asked(run: Run, providers: tuple[Provider, ...]) -> str | None:
    if run.event.options.ai_mode == "mock":
        return MOCK
    return None if providers else NO_CREDENTIAL


async def _described(
    run: Run,
    asks: Asks,
    providers: tuple[Provider, ...],
    avatar: Avatar,
    before: AvatarDescription | None,
) -> Done[AvatarDescription]:
    digest, mime = avatar.sha256 or "", avatar.mime or ""
    if before is not None:
        again = before.model_copy(update={"calls": ()})
        return Done(again, "The avatar is the one described before.")
    if mime not in SEEN:
        message = "The avatar is of a kind no model looks at."
        return Done(AvatarDescription(sha256=digest), message, skipped=True)
    try:
        content = await run.store.get(avatar.object_key or "")
    except Permanent:
        lost = "The avatar could not be described: it is not in the store any more."
        return Done(AvatarDescription(sha256=digest), lost, lost=lost)
    found = await describe(asks, providers, Picture(content, mime))
    described = AvatarDescription(
        sha256=digest,
        description=found.description,
        details=found.details,
        calls=tuple(found.calls),
    )
    if found.description is None:
        lost = f"The avatar could not be described: {found.reason}."
        return Done(described, lost, lost=lost)
    return Done(described, "Avatar described.")
