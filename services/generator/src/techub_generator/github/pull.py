"""Reads an account's sections side by side and never replaces what is known with nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

import structlog

from techub_common.errors import Permanent, Transient, code_of
from techub_common.events import Section
from techub_generator.github import repositories
from techub_generator.github.activity import activity_of, seen
from techub_generator.github.asking import Asking, Page
from techub_generator.github.client import GitHub
from techub_generator.github.graph import Graph, graph_of
from techub_generator.github.pages import assembled
from techub_generator.github.query import QUERY, variables
from techub_generator.github.refusals import BLOCKED, NOT_FOUND
from techub_generator.github.sections import Sections
from techub_generator.github.wire import Org, PublicEvent, Repo, User
from techub_generator.profile import (
    Activity,
    GitHubProfile,
    Organization,
    Repository,
    SeenEvent,
)
from techub_generator.prose import paragraphs
from techub_generator.side_by_side import side_by_side

log = structlog.get_logger()

REPOSITORY_PAGES: Final = 30
ORGANIZATION_PAGES: Final = 2
EVENT_PAGES: Final = 3
LARGEST_README: Final = 400_000

ACCOUNT: Final = tuple(set(User.model_fields) - {"description"})

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back; a section that could not be read is None, so is an account as it was.

    A README that is not there is empty; `same_readme` says that it is as it was.
    """

    user: User | None
    repositories: list[Page[Repo]] | None
    organizations: list[Page[Org]] | None
    events: list[Page[PublicEvent]] | None
    readme: str | None
    same_readme: bool
    graph: Graph


async def pull(
    github: GitHub, login: str, before: GitHubProfile | None, *, last_chance: bool = True
) -> GitHubProfile:
    """Return the account; a section that cannot be read is taken from `before`.

    The account itself must be readable, and its repositories too unless this is the last chance.
    Raises Permanent `github_login_unknown` and `github_blocked`, or what else was in the way.
    """
    asking = github.asking(before.answers if before else None)
    paths = _paths(login)
    heard = await _hear(asking, login, paths, before, last_chance=last_chance)
    if before is not None and heard.user is not None and heard.user.id != before.id:
        return await pull(github, login, None, last_chance=last_chance)  # it has changed hands
    sections = Sections(before)
    account = _account(heard.user, before)
    orgs = sections.take("organizations", _organizations(heard, before, paths), None)
    repos = sections.take("repositories", _repositories(heard, before, paths), ())
    events = sections.take("activity", _events(heard, before, paths), None)
    owners = [account["login"], *(one.login for one in orgs or ())]
    found = repositories.active_repositories(
        asking, events or (), owners, repos, before.active if before else ()
    )
    beside: list[Any] = await side_by_side(
        _if_readable("active", found), _readme(asking, heard, paths["readme"], repos, before)
    )
    active, readme = beside
    take = partial(sections.take, asked=asking.signed)
    graph = heard.graph if heard.graph.id in (None, account["id"]) else Graph()
    return GitHubProfile(
        **account,
        repositories=repos,
        organizations=orgs,
        seen=events or (),
        activity=_activity(heard, events, before),
        active=sections.take("active", active, ()),
        readme=sections.take("readme", readme, None) or None,
        pinned=take("pinned", graph.pinned, ()),
        language_bytes=take("languages", graph.languages, {}),
        social_accounts=take("social_accounts", graph.social_accounts, ()),
        contributions=take("contributions", graph.contributions, None),
        sections={"profile": Section.read, **sections.states},
        unread=tuple(sections.unread),
        read_at=datetime.now(UTC),
        answers=sections.answers(asking.answers, _section_of(paths)),
    )


async def _hear(
    asking: Asking,
    login: str,
    paths: Mapping[str, str],
    before: GitHubProfile | None,
    *,
    last_chance: bool,
) -> Heard:
    """Ask for everything that can be asked for at once."""
    repos = asking.every(paths["repositories"], Repo, REPOSITORY_PAGES, repositories.is_public)
    orgs = asking.every(paths["organizations"], Org, ORGANIZATION_PAGES)
    events = asking.every(paths["activity"], PublicEvent, EVENT_PAGES, lambda one: one.public)
    heard: list[Any] = await side_by_side(
        _user(asking, login, paths["profile"]),
        _if_readable("repositories", repos, needed=not last_chance),
        _if_readable("organizations", orgs),
        _if_readable("activity", events),
        _if_readable("readme", _text(asking, paths["readme"], unless=_without_page(before))),
        _graph(asking, login),
    )
    user, read_repos, read_orgs, read_events, readme, graph = heard
    text, same = readme or (None, False)
    return Heard(user, read_repos, read_orgs, read_events, text, same, graph)


async def _user(asking: Asking, login: str, path: str) -> User | None:
    try:
        return await asking.one(path, User, dated=False)  # followers come without a new date
    except Permanent as error:
        if error.code == NOT_FOUND:
            message = f"GitHub has no account called {login!r}."
            raise Permanent(message, code="github_login_unknown") from error
        if error.code == BLOCKED:
            message = f"GitHub may not show {login!r} for legal reasons."
            raise Permanent(message, code=BLOCKED) from error
        raise


async def _text(asking: Asking, path: str, *, unless: bool = False) -> tuple[str, bool]:
    """Return the README, empty when there is none, and whether it is as it was."""
    if unless:
        return "", True
    try:
        text = await asking.text(path, LARGEST_README)
    except Permanent as error:
        if error.code in (NOT_FOUND, BLOCKED):
            return "", False
        raise
    return text or "", text is None


async def _graph(asking: Asking, login: str) -> Graph:
    if not asking.signed:
        return Graph()
    query = asking.graphql(QUERY, variables(login, datetime.now(UTC)))
    document = await _if_readable("graph", query)
    return graph_of(document) if document is not None else Graph()


async def _if_readable(section: str, reading: Awaitable[T], *, needed: bool = False) -> T | None:
    """Return what is read, None when it cannot be; with `needed`, what may pass is raised."""
    try:
        return await reading
    except (Transient, Permanent) as error:
        if needed and isinstance(error, Transient):
            raise
        log.warning("section_unreadable", section=section, code=code_of(error), error=str(error))
        return None


def _account(user: User | None, before: GitHubProfile | None) -> dict[str, Any]:
    if user is None:  # as it was, which only who was known before can be
        known = cast("GitHubProfile", before)
        return {name: getattr(known, name) for name in ACCOUNT}
    return user.model_dump(exclude={"description", "bio"}) | {"bio": user.bio or user.description}


def _repositories(
    heard: Heard, before: GitHubProfile | None, paths: Mapping[str, str]
) -> tuple[Repository, ...] | None:
    old = before.repositories if before else ()
    return _list(paths["repositories"], heard.repositories, repositories.repository, old, before)


def _organizations(
    heard: Heard, before: GitHubProfile | None, paths: Mapping[str, str]
) -> tuple[Organization, ...] | None:
    old = (before.organizations if before else None) or ()
    return _list(paths["organizations"], heard.organizations, _organization, old, before)


def _events(
    heard: Heard, before: GitHubProfile | None, paths: Mapping[str, str]
) -> tuple[SeenEvent, ...] | None:
    return _list(paths["activity"], heard.events, seen, before.seen if before else (), before)


def _list(
    path: str,
    pages: Sequence[Page[E]] | None,
    make: Callable[[E], T],
    old: Sequence[T],
    before: GitHubProfile | None,
) -> tuple[T, ...] | None:
    kept = before.answers if before else {}
    return None if pages is None else assembled(path, pages, make, old, kept)


def _organization(org: Org) -> Organization:
    return Organization(**org.model_dump())


def _activity(
    heard: Heard, events: Sequence[SeenEvent] | None, before: GitHubProfile | None
) -> Activity | None:
    if heard.events is None:
        return before.activity if before else None
    return activity_of(events or ())


async def _readme(
    asking: Asking,
    heard: Heard,
    path: str,
    repos: Sequence[Repository],
    before: GitHubProfile | None,
) -> str | None:
    """Return the README, empty when there is none; None when it could not be read."""
    text, same = heard.readme, heard.same_readme
    if same and before is not None and _without_page(before):
        if _pushed(before.login, before.repositories) == _pushed(before.login, repos):
            return ""
        text, same = await _if_readable("readme", _text(asking, path)) or (None, False)
    if same and before is not None:
        return before.readme or ""
    return None if text is None else paragraphs(text)


def _without_page(before: GitHubProfile | None) -> bool:
    """Return whether there was no README; asked again, a 404 would count against the quota."""
    return before is not None and before.sections.get("readme") is Section.cleared


def _pushed(login: str, repos: Sequence[Repository]) -> datetime | None:
    """Return when the repository a README stands in was last pushed to."""
    mine = (one for one in repos if one.name.lower() == login.lower())
    return next((one.pushed_at for one in mine), None)


def _paths(login: str) -> dict[str, str]:
    name = quote(login.lower(), safe="")
    return {
        "profile": f"/users/{name}",
        "repositories": f"/users/{name}/repos",
        "organizations": f"/users/{name}/orgs",
        "activity": f"/users/{name}/events/public",
        "readme": f"/repos/{name}/{name}/readme",
    }


def _section_of(paths: Mapping[str, str]) -> Callable[[str], str]:
    """Return what tells the section an answer belongs to; a single repository's is `active`."""
    names = {path: name for name, path in paths.items()}
    return lambda key: names.get(key.partition("?")[0], "active")
