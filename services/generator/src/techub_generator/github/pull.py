"""Reads an account's sections side by side and never replaces what is known with nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from pydantic import ValidationError

from techub_common.errors import Permanent, Transient, code_of
from techub_common.events import Section
from techub_generator.github.client import GitHub, side_by_side
from techub_generator.github.refusals import unavailable
from techub_generator.github.wire import Org, PublicEvent, Repo, User, readable
from techub_generator.profile import (
    RECENT_REPOSITORIES,
    Activity,
    GitHubProfile,
    Organization,
    Repository,
)

log = structlog.get_logger()

REPOSITORY_PAGES: Final = 10
ORGANIZATION_PAGES: Final = 2
EVENT_PAGES: Final = 3

Known = Callable[[], Awaitable[GitHubProfile | None]]
T = TypeVar("T")


async def pull(github: GitHub, login: str, known: Known) -> GitHubProfile:
    """Return the account; organisations and events that cannot be read are taken from `known`.

    An account or its repositories that cannot be read raise. `known` is only asked when needed.
    """
    user = _user(await github.one(login))
    repositories, organizations, events = await side_by_side(
        github.every(user.login, "/repos", REPOSITORY_PAGES),
        _if_readable("organizations", github.every(user.login, "/orgs", ORGANIZATION_PAGES)),
        _if_readable("activity", github.every(user.login, "/events/public", EVENT_PAGES)),
    )
    before = await known() if organizations is None or events is None else None
    if before is not None and before.id != user.id:
        before = None
    shown = [repo for repo in readable(Repo, repositories or []) if not repo.private]
    return GitHubProfile(
        **user.model_dump(exclude={"description", "bio"}),
        bio=user.bio or user.description,
        repositories=tuple(_repository(repo) for repo in shown),
        organizations=_organizations(organizations, before),
        activity=_activity(events, before),
        sections={
            "profile": Section.read,
            "repositories": _section(shown),
            "organizations": _section(organizations),
            "activity": _section(events),
        },
        read_at=datetime.now(UTC),
    )


def _section(read: Sequence[T] | None) -> Section:
    if read is None:
        return Section.kept
    return Section.read if read else Section.cleared


async def _if_readable(section: str, elements: Awaitable[list[Any]]) -> list[Any] | None:
    try:
        return await elements
    except (Transient, Permanent) as error:
        log.warning("section_unreadable", section=section, code=code_of(error), error=str(error))
        return None


def _user(document: dict[str, Any]) -> User:
    try:
        return User.model_validate(document)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        reason = f"its account has no usable {place!r}"
        raise unavailable(reason) from error


def _repository(repo: Repo) -> Repository:
    return Repository(
        **repo.model_dump(exclude={"private", "stargazers_count", "forks_count"}),
        stars=repo.stargazers_count,
        forks=repo.forks_count,
    )


def _organizations(
    elements: Sequence[Any] | None, before: GitHubProfile | None
) -> tuple[Organization, ...] | None:
    if elements is None:
        return before.organizations if before else None
    return tuple(Organization(**org.model_dump()) for org in readable(Org, elements))


def _activity(elements: Sequence[Any] | None, before: GitHubProfile | None) -> Activity | None:
    if elements is None:
        return before.activity if before else None
    events = [event for event in readable(PublicEvent, elements) if event.public]
    kinds = Counter(event.type for event in events)
    places = dict.fromkeys(event.repo.name for event in events if event.repo)
    return Activity(
        total_events=len(events),
        event_breakdown=dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        recent_repos=tuple(places)[:RECENT_REPOSITORIES],
        last_active=max((at for event in events if (at := event.created_at)), default=None),
    )
