"""What a model is told about an account: facts, and text by strangers, both within bounds.

Links are left out on purpose: none may stand on a card.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from techub_generator.gemini.markdown import sentences
from techub_generator.profile import GitHubProfile, Repository
from techub_generator.prose import clean, cut, without_links
from techub_generator.scrape import Scrape
from techub_generator.submitted import SubmittedRepositories

README_TOKENS: Final = 1200
SCRAPE_TOKENS: Final = 800
SAID_TOKENS: Final = 120
BRIEF_TOKENS: Final = 50
MOST_TOKENS: Final = 9000  # the document as a whole, in the worst case

LANGUAGES: Final = 6
REPOSITORIES: Final = 5
RECENT: Final = 6
TOPICS: Final = 6
ACCOUNTS: Final = 8
EVENTS: Final = 10
DAYS_OF_A_YEAR: Final = 365.25
CALENDAR: Final = frozenset({"first_day", "days"})  # a picture of it, whose every day is new


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was read for a card."""

    profile: GitHubProfile
    submitted: SubmittedRepositories | None = None
    page: Scrape | None = None
    avatar_description: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return names that may stand in a text without being read as words."""
        profile = self.profile
        repositories = (*profile.repositories, *profile.pinned, *profile.active)
        mine = self.submitted.repositories if self.submitted else ()
        listed = (one.name for one in (*repositories, *mine))
        people = (one.name or one.login for one in profile.organizations or ())
        return (profile.login, profile.name or "", *people, *listed, *profile.languages)


def context_of(material: Material, *, plain: bool = False) -> dict[str, Any]:
    """Return the document a model is given, at most MOST_TOKENS long.

    The same material makes the same document. With `plain` there is nothing in it that somebody
    wrote in sentences: no bio, README, page or description.
    """
    profile, page = material.profile, material.page
    said = _left_out if plain else _trimmed
    activity, contributions = profile.activity, profile.contributions
    submitted = material.submitted.repositories if material.submitted else ()
    own = sorted(
        (one for one in profile.own_repositories if one.pushed_at),
        key=lambda one: (_moment(one.pushed_at), one.full_name),
        reverse=True,
    )
    document = {
        "profile": {
            "login": profile.login,
            "name": said(profile.name, BRIEF_TOKENS),
            "type": profile.type,
            "bio": said(profile.bio, SAID_TOKENS),
            "company": said(profile.company, BRIEF_TOKENS),
            "location": said(profile.location, BRIEF_TOKENS),
            "blog": _host(profile.blog),
            "twitter_username": profile.twitter_username,
            "hireable": profile.hireable,
            "account_created": f"{profile.created_at:%Y-%m}",
            "account_age_years": _years(profile),
            "public_repos": profile.public_repos,
            "public_gists": profile.public_gists,
            "followers": profile.followers,
            "following": profile.following,
            "total_stars": profile.total_stars,
            "total_forks": profile.total_forks,
        },
        "summary": said(profile.summary, 2 * SAID_TOKENS),
        "languages": _languages(profile),
        "organizations": [
            {"login": one.login, "name": said(one.name, BRIEF_TOKENS)}
            for one in (profile.organizations or ())[:ACCOUNTS]
        ],
        "social_accounts": [
            {"platform": one.provider.lower(), "name": said(one.display_name, BRIEF_TOKENS)}
            for one in profile.social_accounts[:ACCOUNTS]
        ],
        "top_repositories": _repositories(profile.top_repositories[:REPOSITORIES], said),
        "pinned_repositories": _repositories(profile.pinned[:RECENT], said),
        "active_repositories": _repositories(profile.active[:RECENT], said),
        "recent_repositories": [
            {"repo_full_name": _named(one), "last_activity_at": _day(one.pushed_at)}
            for one in own[:RECENT]
        ],
        "submitted_repositories": _repositories(submitted, said),
        "recent_activity": {
            "total_events": activity.total_events,
            "event_breakdown": dict(list(activity.event_breakdown.items())[:EVENTS]),
            "recent_repos": [cut(one, 100) for one in activity.recent_repos[:EVENTS]],
            "last_active": _day(activity.last_active),
        }
        if activity
        else None,
        "contributions": contributions.model_dump(exclude=set(CALENDAR)) if contributions else None,
        "readme": said(sentences(profile.readme or ""), README_TOKENS),
        "scraped_content": {
            "title": said(page.title, BRIEF_TOKENS),
            "description": said(page.description, SAID_TOKENS),
            "text": said(page.text, SCRAPE_TOKENS),
        }
        if page and page.fetched_at
        else None,
        "avatar_description": said(material.avatar_description, SAID_TOKENS),
    }
    return _known(document)


def tokens_of(text: str) -> int:
    """Return about how many tokens a text is: four plain letters make one, others one each."""
    plain = sum(letter.isascii() for letter in text)
    return len(text) - plain + -(-plain // 4)


def _trimmed(text: str | None, tokens: int) -> str | None:
    """Return at most so many tokens of a text, without links, ending at a word."""
    longest = 8 * tokens  # links are still in it
    shown = without_links(clean(text[:longest], longest) or "") if text else ""
    while tokens_of(shown) > tokens:
        shown = cut(
            shown, min(len(shown) - 1, max(tokens, len(shown) * tokens // tokens_of(shown)))
        )
    return shown or None


def _left_out(_text: str | None, _tokens: int) -> None:
    return None


def _repositories(
    ones: Iterable[Repository], said: Callable[[str | None, int], str | None]
) -> list[dict[str, Any]]:
    return [
        {
            "repo_full_name": _named(one),
            "owner_login": cut(one.full_name.partition("/")[0], 40),
            "description": said(one.description, BRIEF_TOKENS),
            "topics": [cut(topic, 40) for topic in one.topics[:TOPICS]],
            "language": one.language,
            "stars": one.stars,
            "forks": one.forks,
            "archived": one.archived or None,
            "last_activity_at": _day(one.pushed_at),
        }
        for one in ones
    ]


def _named(one: Repository) -> str:
    return cut(one.full_name, 140)


def _languages(profile: GitHubProfile) -> list[dict[str, Any]]:
    """Return the six most used languages with their share: of the bytes, else of repositories."""
    counted = profile.language_bytes or profile.languages
    total = sum(counted.values()) or 1
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:LANGUAGES]
    return [{"name": name, "ratio": round(share / total, 3)} for name, share in ranked]


def _years(profile: GitHubProfile) -> float:
    return round((profile.read_at - profile.created_at).days / DAYS_OF_A_YEAR, 1)


def _host(address: str | None) -> str | None:
    try:
        host = urlsplit(address if address and "//" in address else f"//{address or ''}").hostname
    except ValueError:
        return None
    return cut(host, 80) if host else None


def _day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment else None


def _moment(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _known(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without what is unknown or empty."""
    told = {
        key: _known(value) if isinstance(value, dict) else value for key, value in document.items()
    }
    return {key: value for key, value in told.items() if value not in (None, "", [], {})}
