"""The parts of GitHub's answers that are used, in every shape they had from 2012 to 2026."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from techub_generator.prose import clean


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _names(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else []
    return tuple(name for one in given if (name := clean(one)))


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return _zoned(datetime.fromisoformat(value))
    except ValueError:
        return None


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Text = Annotated[str | None, BeforeValidator(clean)]
Name = Annotated[str, BeforeValidator(clean), Field(min_length=1)]
Count = Annotated[int, BeforeValidator(_count)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Flag = Annotated[bool, BeforeValidator(bool)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Answer(BaseModel):
    """A part of an answer; what is not named here is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Answer):
    """`GET /users/{login}`, also of an organisation (whose `description` is its bio)."""

    id: int
    login: Name
    type: Name = "User"
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
    created_at: Annotated[datetime, AfterValidator(_zoned)]


class Repo(Answer):
    """An element of `GET /users/{login}/repos`; no `topics` before 2020."""

    name: Name
    full_name: Name
    private: Flag = False
    description: Text = None
    html_url: Text = None
    stargazers_count: Count = 0
    forks_count: Count = 0
    language: Text = None
    topics: Names = ()
    fork: Flag = False
    archived: Flag = False
    pushed_at: Moment = None
    created_at: Moment = None


class Org(Answer):
    """An element of `GET /users/{login}/orgs`."""

    id: int
    login: Name
    name: Text = None
    avatar_url: Text = None
    description: Text = None


class EventRepo(Answer):
    """Where something happened."""

    name: Name


class PublicEvent(Answer):
    """An element of `GET /users/{login}/events/public`; its payload is of no interest."""

    type: Name
    repo: EventRepo | None = None
    public: Flag = True
    created_at: Moment = None


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
