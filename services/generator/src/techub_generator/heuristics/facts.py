"""A profile boiled down to what a card can say: numbers, leanings, and words for sentences."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from techub_generator.profile import GitHubProfile, Repository
from techub_generator.prose import counted, cut, listed, without_links
from techub_generator.traits import first_person, flaw

LONGEST_NAME: Final = 40
LONGEST_REPOSITORY: Final = 40
DAYS_OF_A_YEAR: Final = 365.25

WITHIN_A_QUOTE: Final = str.maketrans('“”"', "‘’'")  # noqa: RUF001

_SHORTCODE: Final = re.compile(r":[a-z0-9_+-]+:")


class Leaning(StrEnum):
    """Something that is true of some people and not of others."""

    newcomer = "newcomer"
    veteran = "veteran"
    celebrated = "celebrated"
    starred = "starred"
    followed = "followed"
    polyglot = "polyglot"
    specialist = "specialist"
    prolific = "prolific"
    minimalist = "minimalist"
    joiner = "joiner"
    busy = "busy"
    quiet = "quiet"
    forker = "forker"
    archivist = "archivist"
    collective = "collective"
    reviewer = "reviewer"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true about the person, ready to be said.

    `words` has an entry for each thing that is worth mentioning; a sentence that names something
    that is not there is not said at all.
    """

    login: str
    name: str
    bio: str
    language: str | None
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    leanings: frozenset[Leaning]
    words: Mapping[str, str]


def facts_of(profile: GitHubProfile) -> Facts:
    """Return the facts of a profile."""
    name = _name(profile)
    languages = tuple(profile.languages)
    topics = Counter(topic for one in profile.own_repositories for topic in one.topics)
    return Facts(
        login=profile.login,
        name=name,
        bio=without_links(profile.bio or ""),
        language=languages[0] if languages else None,
        languages=languages,
        topics=tuple(sorted(topics, key=lambda topic: (-topics[topic], topic))),
        leanings=frozenset(leaning for leaning, holds in _leanings(profile).items() if holds),
        words=_words(profile, name, languages),
    )


def years_of(profile: GitHubProfile) -> int:
    """Return the whole years the account had when GitHub was read."""
    return max(0, int((profile.read_at - profile.created_at).days / DAYS_OF_A_YEAR))


def _name(profile: GitHubProfile) -> str:
    name = cut(without_links(profile.name or ""), LONGEST_NAME)
    readable = any(map(str.isalnum, name)) and "[" not in name
    return name if readable and not flaw(name) and not first_person(name) else profile.login


def _leanings(profile: GitHubProfile) -> dict[Leaning, bool]:
    own, years = len(profile.own_repositories), years_of(profile)
    forks = len(profile.repositories) - own
    top = profile.top_repositories[0].stars if profile.top_repositories else 0
    activity = profile.activity
    events = activity.total_events if activity else 0
    reviews = activity.event_breakdown.get("PullRequestReviewEvent", 0) if activity else 0
    counts = list(profile.languages.values())
    return {
        Leaning.newcomer: years < 2,  # noqa: PLR2004  # where each leaning begins
        Leaning.veteran: years >= 9,  # noqa: PLR2004
        Leaning.celebrated: top > 1000,  # noqa: PLR2004
        Leaning.starred: profile.total_stars >= 50,  # noqa: PLR2004
        Leaning.followed: profile.followers > 1000,  # noqa: PLR2004
        Leaning.polyglot: len(counts) >= 5,  # noqa: PLR2004
        Leaning.specialist: sum(counts) >= 4 and counts[0] / sum(counts) >= 0.7,  # noqa: PLR2004
        Leaning.prolific: profile.public_repos > 50,  # noqa: PLR2004
        Leaning.minimalist: 1 <= profile.public_repos <= 5,  # noqa: PLR2004
        Leaning.joiner: len(profile.organizations or ()) > 3,  # noqa: PLR2004
        Leaning.busy: events >= 60,  # noqa: PLR2004
        Leaning.quiet: activity is not None and events == 0,
        Leaning.forker: forks >= 8 and forks > own,  # noqa: PLR2004
        Leaning.archivist: sum(one.archived for one in profile.own_repositories) >= 3,  # noqa: PLR2004
        Leaning.collective: profile.type == "Organization",
        Leaning.reviewer: reviews >= 5,  # noqa: PLR2004
    }


def _words(profile: GitHubProfile, name: str, languages: tuple[str, ...]) -> dict[str, str]:
    activity = profile.activity
    words = {
        "name": name,
        "login": profile.login,
        "year": str(profile.created_at.year),
        "years": _several(years_of(profile), "year"),
        "repositories": _several(profile.public_repos, "repository", "repositories"),
        "followers": _several(profile.followers, "follower"),
        "stars": _several(profile.total_stars, "star"),
        "language": languages[0] if languages else "",
        "second": languages[1] if len(languages) > 1 else "",
        "languages": listed(languages[:3]) if len(languages) > 1 else "",
        "tongues": _several(len(languages), "language"),
        "organizations": _several(len(profile.organizations or ()), "organisation"),
        "events": _several(activity.total_events if activity else 0, "event"),
        "recent": _short(activity.recent_repos[0]) if activity and activity.recent_repos else "",
    }
    showpieces = _showpieces(profile)
    if showpieces:
        top = showpieces[0]
        words["repo"] = _short(top.name)
        words["repo_stars"] = _several(top.stars, "star")
        about = _SHORTCODE.sub("", without_links(top.description or "")).translate(WITHIN_A_QUOTE)
        words["about"] = cut(about, 140).strip(" .!")
    if len(showpieces) > 1:
        words["runner_up"] = _short(showpieces[1].name)
    return {word: said for word, said in words.items() if said and not flaw(said)}


def _showpieces(profile: GitHubProfile) -> list[Repository]:
    """Return the best-known repositories; a person's own profile page is not one of them."""
    page = profile.login.lower() if profile.type == "User" else None
    return [one for one in profile.top_repositories if one.name.lower() != page]


def _several(number: int, one: str, many: str | None = None) -> str:
    """Return the number with its noun, or nothing when it is too small to mention."""
    return counted(number, one, many) if number > 1 else ""


def _short(repository: str) -> str:
    return cut(repository.rpartition("/")[2], LONGEST_REPOSITORY)
