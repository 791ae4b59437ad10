"""What each stage does; how it is run once and told is the business of `stages`."""

from typing import Final

from techub_common.errors import Permanent
from techub_common.events import AvatarState, Section
from techub_common.streams import GENERATOR
from techub_generator.artifacts import known
from techub_generator.avatar import Avatar, captured, download
from techub_generator.eligibility import Eligibility, evaluate
from techub_generator.failures import at
from techub_generator.github.client import GitHub
from techub_generator.github.pull import pull
from techub_generator.outbound import Outbound
from techub_generator.pages.reader import Reads
from techub_generator.profile import GitHubProfile
from techub_generator.prose import counted, listed
from techub_generator.scrape import Scrape, scrape
from techub_generator.stages import (
    AVATAR,
    ELIGIBILITY,
    PULL,
    SCRAPE,
    SUBMITTED,
    SWITCHED_OFF,
    Done,
    Run,
)
from techub_generator.submitted import SubmittedRepositories, ingest

NOTHING_SUBMITTED: Final = "Nothing was submitted."
AVATAR_SECONDS: Final = 15.0  # three times what fetching it may take
PRESERVED: Final = "The avatar there is stays."


async def pull_profile(run: Run, github: GitHub) -> GitHubProfile:
    """Return the account as GitHub shows it now, or as it is known when the run leaves that out."""
    before = await known(run.store, run.event.known.github, GitHubProfile)

    async def work() -> Done[GitHubProfile]:
        last = run.attempt >= GENERATOR.attempts
        profile = await pull(github, run.event.login, before, last_chance=last)
        return Done(profile, _read(profile), lost=_unread(profile))

    profile = await run.stage(PULL, GitHubProfile, work) or before
    if profile is None:
        message = "GitHub was left out of this run and nothing is known about the account yet."
        raise at(Permanent(message, code="nothing_known"), run.place(PULL))
    run.identify(profile.id, profile.login)
    return profile


async def download_avatar(run: Run, outbound: Outbound, profile: GitHubProfile) -> Avatar | None:
    """Tell the optimizer of the avatar and return what became of it; None left out: it stays."""
    stays = run.event.options.preserve_avatar and run.event.known.avatar is not None
    avatar = await run.stage(
        AVATAR,
        Avatar,
        lambda: download(run, outbound, profile),
        unless=PRESERVED if stays else None,
        seconds=AVATAR_SECONDS,
    )
    if avatar and avatar.state is AvatarState.sent:  # on every attempt: the stream may have lost it
        await run.tell(captured(run, avatar))
    return avatar


async def check_eligibility(run: Run, profile: GitHubProfile) -> None:
    """Return when the profile may have a card; raise Permanent `not_eligible`."""
    policy = run.event.policy

    async def work() -> Done[Eligibility]:
        verdict = evaluate(profile, policy.eligibility_threshold)
        if not verdict.eligible:
            raise verdict.refusal()
        signs = f"{verdict.score} of {len(verdict.signals)} signs of life."
        return Done(verdict, signs, lost=verdict.doubt())

    unless = None if policy.require_eligibility else SWITCHED_OFF
    await run.stage(ELIGIBILITY, Eligibility, work, unless=unless)


async def ingest_submitted(run: Run, github: GitHub) -> SubmittedRepositories | None:
    """Return the repositories the person named, None when there are none."""
    names = run.event.submitted.repositories
    unless = None if names else NOTHING_SUBMITTED
    return await run.stage(
        SUBMITTED, SubmittedRepositories, lambda: ingest(github, names), unless=unless
    )


async def record_scrape(run: Run, outbound: Outbound, reads: Reads) -> Scrape | None:
    """Return the person's own page, None when none was given."""
    address = run.event.submitted.scrape_url
    unless = None if address else NOTHING_SUBMITTED
    return await run.stage(
        SCRAPE, Scrape, lambda: scrape(outbound, reads, address or ""), unless=unless
    )


def _read(profile: GitHubProfile) -> str:
    read = counted(len(profile.repositories), "repository", "repositories")
    seen = counted(profile.activity.total_events if profile.activity else 0, "public event")
    return f"{profile.login}: {read}, {seen}."


def _unread(profile: GitHubProfile) -> str | None:
    unread = [
        name.replace("_", " ") for name, what in profile.sections.items() if what is Section.kept
    ]
    return f"GitHub's {listed(unread)} could not be read; what was known stays." if unread else None
