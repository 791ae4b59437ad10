"""What the api understands of the artifacts the generator leaves in the object store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from techub_common.errors import Permanent
from techub_common.events import Section
from techub_common.storage import ObjectStore

GITHUB_STAGE: Final = "pull_github_data"
SUBMITTED_STAGE: Final = "ingest_submitted_repositories"
SCRAPE_STAGE: Final = "record_submitted_scrape"


class Part(BaseModel):
    """A piece of an artifact; what is not named here is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RepositoryFacts(Part):
    """A repository."""

    name: str
    full_name: str
    description: str | None = None
    html_url: str | None = None
    stars: int = 0
    forks: int = 0
    language: str | None = None
    topics: tuple[str, ...] = ()
    fork: bool = False
    archived: bool = False
    pushed_at: datetime | None = None
    created_at: datetime | None = None


class OrganizationFacts(Part):
    """An organisation."""

    id: int
    login: str
    name: str | None = None
    avatar_url: str | None = None
    description: str | None = None


class SocialFacts(Part):
    """An account elsewhere."""

    provider: str
    url: str
    display_name: str | None = None


class ActivityFacts(Part):
    """What the last public events amount to."""

    total_events: int = 0
    event_breakdown: dict[str, int] = {}
    recent_repos: tuple[str, ...] = ()
    last_active: datetime | None = None


class GitHubFacts(Part):
    """What GitHub shows; `sections` says which parts of it were read just now."""

    id: int
    login: str
    type: str = "User"
    name: str | None = None
    bio: str | None = None
    company: str | None = None
    location: str | None = None
    blog: str | None = None
    twitter_username: str | None = None
    html_url: str | None = None
    hireable: bool = False
    followers: int = 0
    following: int = 0
    public_repos: int = 0
    public_gists: int = 0
    total_stars: int = 0
    total_forks: int = 0
    languages: dict[str, int] = {}
    language_bytes: dict[str, int] = {}
    summary: str | None = None
    created_at: datetime | None = None
    top_repositories: tuple[RepositoryFacts, ...] = ()
    pinned: tuple[RepositoryFacts, ...] = ()
    active: tuple[RepositoryFacts, ...] = ()
    organizations: tuple[OrganizationFacts, ...] | None = None
    social_accounts: tuple[SocialFacts, ...] = ()
    activity: ActivityFacts | None = None
    contributions: dict[str, Any] | None = None
    readme: str | None = None
    sections: dict[str, Section] = {}
    unread: tuple[str, ...] = ()

    def has(self, section: str) -> bool:
        """Return whether GitHub answered for the section: then what it says replaces ours."""
        return self.sections.get(section, Section.kept) is not Section.kept


class SubmittedFacts(Part):
    """The submitted repositories that could be read."""

    repositories: tuple[RepositoryFacts, ...] = ()


class ScrapeFacts(Part):
    """The person's own page; without `fetched_at` it could not be read."""

    url: str
    canonical_url: str | None = None
    title: str | None = None
    description: str | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    content_type: str | None = None
    http_status: int | None = None
    bytes: int = 0
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a run found out; `artifact` is where GitHub's part of it lies."""

    artifact: str
    github: GitHubFacts
    submitted: SubmittedFacts | None = None
    scrape: ScrapeFacts | None = None


F = TypeVar("F", bound=Part)


async def read_facts(objects: ObjectStore, artifacts: Mapping[str, str]) -> Facts | None:
    """Return what the run's artifacts say, None when GitHub was never read; raise Permanent."""
    github = await _read(objects, artifacts.get(GITHUB_STAGE), GitHubFacts)
    if github is None:
        return None
    return Facts(
        artifact=artifacts[GITHUB_STAGE],
        github=github,
        submitted=await _read(objects, artifacts.get(SUBMITTED_STAGE), SubmittedFacts),
        scrape=await _read(objects, artifacts.get(SCRAPE_STAGE), ScrapeFacts),
    )


async def _read(objects: ObjectStore, key: str | None, shape: type[F]) -> F | None:
    if key is None:
        return None
    try:
        return shape.model_validate_json(await objects.get(key))
    except ValidationError as error:
        message = f"the artifact {key} is not what the ledger understands: {error}"
        raise Permanent(message, code="artifact_unreadable") from error
