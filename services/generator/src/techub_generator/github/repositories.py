"""Repositories of an account, and those of its last events that belong to it or its groups."""

from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import quote

from techub_common.errors import Permanent
from techub_generator.github.asking import Asking
from techub_generator.github.refusals import BLOCKED, NOT_FOUND
from techub_generator.github.wire import Repo
from techub_generator.kept import Kept
from techub_generator.profile import Repository, SeenEvent
from techub_generator.side_by_side import side_by_side

ACTIVE: Final = 5


def repository(repo: Repo) -> Repository:
    """Return the repository as we keep it."""
    return Repository(
        **repo.model_dump(exclude={"private", "stargazers_count", "forks_count"}),
        stars=repo.stargazers_count,
        forks=repo.forks_count,
    )


def is_public(repo: Repo) -> bool:
    """Return whether everybody may know of it."""
    return not repo.private


async def active_repositories(
    asking: Asking,
    events: Iterable[SeenEvent],
    owners: Collection[str],
    known: Iterable[Repository],
    before: Iterable[Repository],
) -> tuple[Repository, ...]:
    """Return the repositories of the newest events that one of the owners has, at most five.

    What is `known` is not asked for; `before` holds what was found the last time.
    """
    mine = {owner.lower() for owner in owners}
    names = dict.fromkeys(event.repo.lower() for event in events if event.repo)
    wanted = [name for name in names if name.partition("/")[0] in mine][:ACTIVE]
    here = {one.full_name.lower(): one for one in known}
    old = {one.full_name.lower(): one for one in before}
    found = await side_by_side(*(_found(asking, name, old) for name in wanted if name not in here))
    asked = {one.full_name.lower(): one for one in found if one is not None}
    return tuple(one for name in wanted if (one := here.get(name) or asked.get(name)))


async def read_repository(asking: Asking, full_name: str) -> Repository | None:
    """Return the public repository of that name, None when it is as it was.

    Raises Permanent `github_not_found` also for one that is private.
    """
    owner, _, name = full_name.partition("/")
    repo = await asking.one(_path(owner, name), Repo)
    if repo is not None and repo.private:
        message = "GitHub has nothing there for everybody."
        raise Permanent(message, code=NOT_FOUND)
    return repository(repo) if repo else None


async def _found(asking: Asking, name: str, old: dict[str, Repository]) -> Repository | None:
    path = _path(*name.split("/", 1))
    if asking.gone(path):
        return None
    try:
        repo = await read_repository(asking, name)
    except Permanent as error:
        if error.code not in (NOT_FOUND, BLOCKED):
            raise
        asking.answers[path] = Kept(gone=True)  # an event names it for weeks
        return None
    if repo is None:
        return old.get(name)
    if repo.full_name.lower() != name:
        asking.answers.pop(path, None)  # it has moved: ask anew next time
    return repo


def _path(owner: str, name: str) -> str:
    return f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
