"""What GitHub says about one account: the artifact the rest of the pipeline is made from."""

from collections import Counter
from datetime import date, datetime
from functools import cached_property
from typing import Final

from pydantic import BaseModel, ConfigDict, computed_field

from techub_common.events import Section
from techub_generator.kept import Kept
from techub_generator.prose import counted, listed

SECTIONS: Final = (
    "profile",
    "repositories",
    "readme",
    "organizations",
    "activity",
    "active",
    "pinned",
    "languages",
    "social_accounts",
    "contributions",
)
TOP_REPOSITORIES: Final = 5
RECENT_REPOSITORIES: Final = 10


class Fact(BaseModel):
    """A piece of the artifact: frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Repository(Fact):
    """A public repository of the account."""

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


class Organization(Fact):
    """An organisation the account shows itself a member of."""

    id: int
    login: str
    name: str | None = None
    avatar_url: str | None = None
    description: str | None = None


class SocialAccount(Fact):
    """An account elsewhere that the profile names; `provider` as GitHub spells it, upper-case."""

    provider: str
    url: str
    display_name: str | None = None


class Contributions(Fact):
    """What the contribution calendar of the last `window_days` days amounts to.

    `days` are the contributions of every day from `first_day` on.
    """

    window_days: int
    total: int = 0
    commits: int = 0
    pull_requests: int = 0
    reviews: int = 0
    issues: int = 0
    repositories: int = 0
    restricted: int = 0
    active_weeks: int = 0
    current_streak: int = 0
    longest_streak: int = 0
    first_day: date | None = None
    days: tuple[int, ...] = ()


class SeenEvent(Fact):
    """A public event, as far as it counts."""

    type: str
    repo: str | None = None
    at: datetime | None = None


class Activity(Fact):
    """What the last public events (at most 300, of 90 days) amount to."""

    total_events: int = 0
    event_breakdown: dict[str, int] = {}
    recent_repos: tuple[str, ...] = ()
    last_active: datetime | None = None


class GitHubProfile(Fact):
    """The JSON of `runs/<run_id>/pull_github_data.json`; its field names do not change.

    `sections` says for each of SECTIONS that was asked for whether GitHub was `read`, answered with
    nothing (`cleared`) or could not be read (`kept`: what an earlier run knew is in the field).
    `unread` names those of which nothing is known at all; their fields are null or empty. What
    GraphQL tells is not asked for without a credential. `read_at` is the moment the numbers are of.
    `active` are repositories of the last events that belong to the account or its organisations.
    `answers` and `seen` are for the next run: they let it ask only whether something has changed.
    Free text is on one line, without control characters, addresses and secrets masked. `languages`
    counts primary languages, `top_repositories` has the five with most stars, `total_stars` and
    `total_forks` add up, each over repositories that are not forks; `summary` says it in sentences.
    Beside these fields the stored object has `recorded`, the `stage.recorded` data that told of it.
    """

    id: int
    login: str
    name: str | None = None
    type: str = "User"
    bio: str | None = None
    company: str | None = None
    location: str | None = None
    blog: str | None = None
    twitter_username: str | None = None
    html_url: str | None = None
    avatar_url: str | None = None
    followers: int = 0
    following: int = 0
    public_repos: int = 0
    public_gists: int = 0
    hireable: bool = False
    updated_at: datetime | None = None
    created_at: datetime
    repositories: tuple[Repository, ...] = ()
    pinned: tuple[Repository, ...] = ()
    active: tuple[Repository, ...] = ()
    organizations: tuple[Organization, ...] | None = None
    social_accounts: tuple[SocialAccount, ...] = ()
    activity: Activity | None = None
    contributions: Contributions | None = None
    language_bytes: dict[str, int] = {}
    readme: str | None = None
    sections: dict[str, Section] = {}
    unread: tuple[str, ...] = ()
    read_at: datetime
    seen: tuple[SeenEvent, ...] = ()
    answers: dict[str, Kept] = {}

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot see through the pair
    @cached_property
    def languages(self) -> dict[str, int]:
        """Return how many own repositories have each primary language, most first."""
        tally = Counter(one.language for one in self.own_repositories if one.language)
        return dict(sorted(tally.items(), key=lambda pair: (-pair[1], pair[0].lower())))

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot see through the pair
    @cached_property
    def top_repositories(self) -> tuple[Repository, ...]:
        """Return the own repositories with most stars, at most five."""
        ranked = sorted(self.own_repositories, key=lambda one: (-one.stars, one.name.lower()))
        return tuple(ranked[:TOP_REPOSITORIES])

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot see through the pair
    @cached_property
    def total_stars(self) -> int:
        """Return the stars of all own repositories."""
        return sum(one.stars for one in self.own_repositories)

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot see through the pair
    @cached_property
    def total_forks(self) -> int:
        """Return the forks of all own repositories."""
        return sum(one.forks for one in self.own_repositories)

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot see through the pair
    @cached_property
    def summary(self) -> str:
        """Return the account in a few plain sentences."""
        repositories = counted(self.public_repos, "public repository", "public repositories")
        followers = counted(self.followers, "follower")
        sentences = [f"{self.name or self.login} has {repositories} and {followers} on GitHub."]
        if self.top_repositories:
            top = self.top_repositories[0]
            written_in = top.language or "multiple languages"
            sentences.append(
                f"Top project: {top.name} ({counted(top.stars, 'star')}, {written_in})."
            )
        if self.languages:
            sentences.append(f"Mostly {listed(list(self.languages)[:3])}.")
        if self.bio:
            sentences.append(f"Bio: {self.bio}")
        return " ".join(sentences)

    @cached_property
    def own_repositories(self) -> tuple[Repository, ...]:
        """Return the repositories that are not forks."""
        return tuple(one for one in self.repositories if not one.fork)
