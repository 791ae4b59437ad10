"""The parts of GitHub's answers that are used, in every shape they had from 2012 to 2026."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from techub_generator.prose import clean

LONGEST_NAME: Final = 100
YEARS: Final = range(1970, 9999)  # in every zone, and in every database
MOST: Final = 2**31 - 1


def _count(value: object) -> int:
    return min(max(value, 0), MOST) if isinstance(value, int) else 0


def _names(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else []
    return tuple(name for one in given if (name := clean(one)) and len(name) <= LONGEST_NAME)


def _label(value: object) -> str | None:
    named = clean(value)
    return named if named and len(named) <= LONGEST_NAME else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return _zoned(datetime.fromisoformat(value))
    except ValueError:
        return None


def _zoned(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        message = "no year of GitHub's"
        raise ValueError(message)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whole(shape: "type[Answer]") -> Callable[[object], object]:
    """Return what leaves out of a list the elements that do not have the shape."""

    def whole(value: object) -> object:
        return tuple(readable(shape, value if isinstance(value, list) else []))

    return whole


Text = Annotated[str | None, BeforeValidator(clean)]
Name = Annotated[str, BeforeValidator(clean), Field(min_length=1)]
Short = Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=200)]
Label = Annotated[str | None, BeforeValidator(_label)]
Count = Annotated[int, BeforeValidator(_count)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Flag = Annotated[bool, BeforeValidator(bool)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Answer(BaseModel):
    """A part of an answer; what is not named here is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True)


class User(Answer):
    """`GET /users/{login}`, also of an organisation (whose `description` is its bio)."""

    id: Annotated[int, Field(gt=0, lt=2**63)]
    login: Short
    type: Short = "User"
    name: Text = None
    bio: Text = None
    description: Text = None
    company: Text = None
    location: Text = None
    blog: Text = None
    twitter_username: Text = None
    html_url: Text = None
    avatar_url: Text = None
    followers: Count = 0
    following: Count = 0
    public_repos: Count = 0
    public_gists: Count = 0
    hireable: Flag = False
    updated_at: Moment = None
    created_at: Annotated[datetime, AfterValidator(_zoned)]


class Repo(Answer):
    """An element of `GET /users/{login}/repos`; no `topics` before 2020."""

    name: Short
    full_name: Short
    private: Flag = False
    description: Text = None
    html_url: Text = None
    stargazers_count: Count = 0
    forks_count: Count = 0
    language: Label = None
    topics: Names = ()
    fork: Flag = False
    archived: Flag = False
    pushed_at: Moment = None
    created_at: Moment = None


class SubmittedRepo(Repo):
    """`GET /repos/{owner}/{name}`, wherever it lives by now."""


class Org(Answer):
    """An element of `GET /users/{login}/orgs`."""

    id: Annotated[int, Field(gt=0, lt=2**63)]
    login: Short
    name: Text = None
    avatar_url: Text = None
    description: Text = None


class EventRepo(Answer):
    """Where something happened."""

    name: Short


class PublicEvent(Answer):
    """An element of `GET /users/{login}/events/public`; its payload is of no interest."""

    type: Short
    repo: EventRepo | None = None
    public: Flag = True
    created_at: Moment = None


class Language(Answer):
    """A programming language."""

    name: Annotated[str, BeforeValidator(_label)]


class Topic(Answer):
    """What a repository is about."""

    topic: Language


class Topics(Answer):
    """The topics of a repository."""

    nodes: Annotated[tuple[Topic, ...], BeforeValidator(_whole(Topic))] = ()


class Pin(Answer):
    """An element of GraphQL's `pinnedItems`."""

    name: Short
    name_with_owner: Annotated[Short, Field(alias="nameWithOwner")]
    description: Text = None
    url: Text = None
    stargazer_count: Annotated[Count, Field(alias="stargazerCount")] = 0
    fork_count: Annotated[Count, Field(alias="forkCount")] = 0
    is_fork: Annotated[Flag, Field(alias="isFork")] = False
    is_archived: Annotated[Flag, Field(alias="isArchived")] = False
    is_private: Annotated[Flag, Field(alias="isPrivate")] = False
    primary_language: Annotated[Language | None, Field(alias="primaryLanguage")] = None
    topics: Annotated[Topics | None, Field(alias="repositoryTopics")] = None
    pushed_at: Annotated[Moment, Field(alias="pushedAt")] = None
    created_at: Annotated[Moment, Field(alias="createdAt")] = None


class Social(Answer):
    """An element of `socialAccounts`, in GraphQL's spelling or in REST's."""

    provider: Short
    url: Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=500)]
    display_name: Annotated[Text, Field(alias="displayName")] = None


class Day(Answer):
    """A day of the contribution calendar."""

    date: date
    count: Annotated[Count, Field(alias="contributionCount")] = 0


class Size(Answer):
    """Bytes of a repository in one language."""

    size: Count = 0
    node: Language


class Sizes(Answer):
    """The languages of a repository."""

    edges: Annotated[tuple[Size, ...], BeforeValidator(_whole(Size))] = ()


class Sized(Answer):
    """A repository as far as its languages are concerned."""

    languages: Sizes | None = None


A = TypeVar("A", bound=Answer)


def readable(shape: type[A], elements: Sequence[Any]) -> list[A]:
    """Return the elements that have the shape; a broken one costs itself, not the list."""
    found = []
    for element in elements:
        try:
            found.append(shape.model_validate(element))
        except ValidationError:
            continue
    return found
