"""The repositories a person named with the login, as GitHub shows them."""

import structlog

from techub_common.errors import Permanent, Transient, code_of
from techub_generator.github.asking import Asking
from techub_generator.github.client import GitHub
from techub_generator.github.repositories import read_repository
from techub_generator.profile import Fact, Repository
from techub_generator.prose import counted, listed
from techub_generator.side_by_side import side_by_side
from techub_generator.stages import Done

log = structlog.get_logger()


class SubmittedRepositories(Fact):
    """The JSON of `runs/<run_id>/ingest_submitted_repositories.json`.

    `unread` are names that led nowhere, or could not be followed just now.
    """

    repositories: tuple[Repository, ...] = ()
    unread: tuple[str, ...] = ()


async def ingest(github: GitHub, names: tuple[str, ...]) -> Done[SubmittedRepositories]:
    """Return those that can be read; only when none can something is lost."""
    asking = github.asking()
    found = await side_by_side(*(_read(asking, name) for name in names))
    unread = tuple(name for name, one in zip(names, found, strict=True) if one is None)
    unique = {one.full_name.lower(): one for one in found if one is not None}
    result = SubmittedRepositories(repositories=tuple(unique.values()), unread=unread)
    missing = f"could not be read: {listed(unread)}" if unread else ""
    if not unique:
        lost = f"None of the submitted repositories {missing}."
        return Done(result, lost, lost=lost)
    read = f"{counted(len(unique), 'submitted repository', 'submitted repositories')} read"
    return Done(result, f"{read}; {missing}." if missing else f"{read}.")


async def _read(asking: Asking, name: str) -> Repository | None:
    try:
        return await read_repository(asking, name)
    except (Transient, Permanent) as error:
        log.warning("submitted_repository_unread", repository=name, code=code_of(error))
        return None
