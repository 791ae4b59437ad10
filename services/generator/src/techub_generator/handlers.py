"""`pipeline.started` becomes `card.generated`, or `card.failed` when nobody can help."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from faststream import Context

from techub_common.errors import Permanent, Transient, code_of
from techub_common.events import (
    AvatarState,
    CardFailed,
    CardGenerated,
    Event,
    PipelineStarted,
    StageRecorded,
    StageStatus,
)
from techub_generator.artwork import Artwork, draw_suite
from techub_generator.avatar import Avatar
from techub_generator.card import Card, write_traits
from techub_generator.description import AvatarDescription, describe_avatar
from techub_generator.failures import StageFailed
from techub_generator.gemini.context import Material
from techub_generator.heuristics import reasons_of
from techub_generator.profile import GitHubProfile
from techub_generator.resources import Resources
from techub_generator.scrape import Scrape
from techub_generator.side_by_side import both
from techub_generator.stages import PULL, TRAITS, Run
from techub_generator.submitted import SubmittedRepositories
from techub_generator.work import (
    check_eligibility,
    download_avatar,
    ingest_submitted,
    pull_profile,
    record_scrape,
)


async def generate_card(
    event: PipelineStarted,
    resources: Annotated[Resources, Context()],
    attempt: Annotated[int, Context("message.raw_message.metadata.num_delivered")],
) -> None:
    """Leave a card behind, and everything GitHub said, each told once it is stored."""
    run = Run(event, attempt, resources.objects, resources.tell)
    profile = await pull_profile(run, resources.github)
    await check_eligibility(run, profile)
    made = await _made(run, resources, profile)
    card, avatar = made.card, made.avatar
    await resources.tell(
        CardGenerated(
            run_id=event.run_id,
            login=profile.login,
            github_id=profile.id,
            artifacts=run.artifacts,
            sections=profile.sections if PULL in run.artifacts else {},
            traits=card.traits if card else None,
            avatar=avatar.state if avatar else AvatarState.kept,
            artworks=tuple(one.kind for one in made.artworks if one.object_key),
            provenance=card.provenance if card else None,
            calls=run.calls,
            reasons=reasons_of(profile) if card and card.counted else {},
            degradations=tuple(run.degradations),
        )
    )


@dataclass(frozen=True, slots=True)
class Made:
    """What a run came to beside the profile."""

    avatar: Avatar | None
    card: Card | None
    artworks: tuple[Artwork, ...]


Pictured = tuple[Avatar | None, AvatarDescription | None]


async def _made(run: Run, resources: Resources, profile: GitHubProfile) -> Made:
    """Return everything, artworks and words side by side.

    The words wait for the avatar only where they draw on what is seen in it.
    """
    if run.event.policy.descriptions:
        (avatar, seen), read = await both(_pictured(run, resources, profile), _read(run, resources))
        card, artworks = await both(
            _written(run, resources, Material(profile, *read), seen),
            draw_suite(run, resources.drawer, profile, avatar, seen),
        )
        return Made(avatar, card, artworks)

    async def written() -> Card | None:
        return await _written(run, resources, Material(profile, *await _read(run, resources)))

    async def drawn() -> tuple[Avatar | None, tuple[Artwork, ...]]:
        avatar, seen = await _pictured(run, resources, profile)
        return avatar, await draw_suite(run, resources.drawer, profile, avatar, seen)

    (avatar, artworks), card = await both(drawn(), written())
    return Made(avatar, card, artworks)


async def _pictured(run: Run, resources: Resources, profile: GitHubProfile) -> Pictured:
    avatar = await download_avatar(run, resources.outbound, profile)
    writer = resources.writer
    return avatar, await describe_avatar(run, resources.gemini, writer.providers, avatar)


async def _read(
    run: Run, resources: Resources
) -> tuple[SubmittedRepositories | None, Scrape | None]:
    return await both(
        ingest_submitted(run, resources.github),
        record_scrape(run, resources.outbound, resources.pages),
    )


async def _written(
    run: Run, resources: Resources, material: Material, seen: AvatarDescription | None = None
) -> Card | None:
    told = replace(material, avatar_description=seen.description if seen else None)
    return await write_traits(run, resources.writer, told, seen)


def gave_up(event: Event, error: BaseException, attempts: int) -> CardFailed:
    """Return the fact that no card can be made, with what was learned before that."""
    del attempts
    place = error.place if isinstance(error, StageFailed) else None
    foreseen = isinstance(error, Permanent | Transient)
    return CardFailed(
        run_id=event.run_id,
        login=place.login if place else event.login,
        github_id=place.github_id if place else None,
        stage=place.stage if place else TRAITS,
        code=code_of(error),
        message=str(error) if foreseen else "Something unforeseen went wrong on our side.",
        detail=error.detail if isinstance(error, Permanent) else {},
        artifacts=place.artifacts if place else {},
        calls=place.calls if place else (),
    )


def retried(event: Event, error: BaseException, attempt: int) -> StageRecorded | None:
    """Return the line of the story that says the stage will be tried again."""
    if not isinstance(error, StageFailed):
        return None
    return StageRecorded(
        run_id=event.run_id,
        login=event.login,
        stage=error.place.stage,
        status=StageStatus.retrying,
        attempt=attempt,
        started_at=datetime.now(UTC),
        duration_ms=error.place.duration_ms,
        message=str(error) if isinstance(error, Transient) else "Trying again.",
    )
