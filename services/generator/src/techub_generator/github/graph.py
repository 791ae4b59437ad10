"""What GraphQL tells of an account, section by section; one that is missing costs itself."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from techub_generator.github.contributions import contributions_of
from techub_generator.github.wire import Pin, Sized, Social, readable
from techub_generator.profile import Contributions, Repository, SocialAccount

FIELDS: Final[Mapping[str, str]] = {
    "pinned": "pinnedItems",
    "languages": "repositories",
    "social_accounts": "socialAccounts",
    "contributions": "contributionsCollection",
}
ORGANIZATION: Final = "Organization"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Graph:
    """The sections GraphQL tells; one that could not be read is None."""

    id: int | None = None
    pinned: tuple[Repository, ...] | None = None
    languages: dict[str, int] | None = None
    social_accounts: tuple[SocialAccount, ...] | None = None
    contributions: Contributions | None = None


def graph_of(document: Mapping[str, Any]) -> Graph:
    """Return the sections of an answer to `QUERY`, whatever is missing or broken in it."""
    owner = _object(_object(document.get("data")).get("repositoryOwner"))
    troubled = _troubled(document.get("errors"))

    def section(name: str, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        field = FIELDS[name]
        if isinstance(owner.get(field), dict):
            return read(owner[field])
        if not owner or field in troubled:
            return None
        asked_for = field in owner or owner.get("__typename") == ORGANIZATION
        return read({}) if asked_for else None

    number = owner.get("databaseId")
    return Graph(
        id=number if isinstance(number, int) else None,
        pinned=section("pinned", _pinned),
        languages=section("languages", _languages),
        social_accounts=section("social_accounts", _social),
        contributions=section("contributions", contributions_of),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _troubled(errors: object) -> set[str]:
    """Return every field an error's path goes through."""
    given = errors if isinstance(errors, list) else []
    paths = [one.get("path") for one in given if isinstance(one, dict)]
    return {
        part for path in paths if isinstance(path, list) for part in path if isinstance(part, str)
    }


def _nodes(connection: Mapping[str, Any]) -> list[Any]:
    nodes = connection.get("nodes")
    return nodes if isinstance(nodes, list) else []


def _pinned(connection: Mapping[str, Any]) -> tuple[Repository, ...]:
    pins = readable(Pin, _nodes(connection))
    return tuple(
        Repository(
            name=pin.name,
            full_name=pin.name_with_owner,
            description=pin.description,
            html_url=pin.url,
            stars=pin.stargazer_count,
            forks=pin.fork_count,
            language=pin.primary_language.name if pin.primary_language else None,
            topics=tuple(one.topic.name for one in pin.topics.nodes) if pin.topics else (),
            fork=pin.is_fork,
            archived=pin.is_archived,
            pushed_at=pin.pushed_at,
            created_at=pin.created_at,
        )
        for pin in pins
        if not pin.is_private
    )


def _languages(connection: Mapping[str, Any]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for sized in readable(Sized, _nodes(connection)):
        for size in sized.languages.edges if sized.languages else ():
            sizes[size.node.name] += size.size
    return dict(sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0].lower())))


def _social(connection: Mapping[str, Any]) -> tuple[SocialAccount, ...]:
    accounts = readable(Social, _nodes(connection))
    return tuple(
        SocialAccount(provider=one.provider.upper(), url=one.url, display_name=one.display_name)
        for one in accounts
    )
