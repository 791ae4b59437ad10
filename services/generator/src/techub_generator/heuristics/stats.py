"""Attack, defence and speed: the old formulas on a scale from 60 to 99.

A raw score is what the formula gives, from 0 upward without end. Every 30 raw points cover half of
the way that is left from 60 to 99: 0 is 60, 30 is 80, 60 is 89, 90 is 94, 180 and more is 98 or 99.
So more is never less, small accounts differ visibly, and only giants reach the end.
"""

from dataclasses import dataclass
from math import floor
from typing import Final, Literal

from techub_common.traits import STAT_MAX, STAT_MIN
from techub_generator.heuristics.facts import years_of
from techub_generator.profile import GitHubProfile
from techub_generator.prose import counted, listed

Stat = Literal["attack", "defense", "speed"]

HALFWAY: Final = 30
STARS_OF: Final = 3
ACTIVE_AT_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """What one fact adds to a raw score, and the fact in words."""

    points: float
    fact: str


def attack_of(profile: GitHubProfile) -> int:
    """Return followers/10 + stars of the top three/50 + 5 per active repository, scaled."""
    return _scored(_attack(profile))


def defense_of(profile: GitHubProfile) -> int:
    """Return 8 per year + 6 per organisation + repositories/10, scaled."""
    return _scored(_defense(profile))


def speed_of(profile: GitHubProfile) -> int:
    """Return events/5 + 4 per active repository, scaled."""
    return _scored(_speed(profile))


def reasons_of(profile: GitHubProfile) -> dict[Stat, str]:
    """Return for each stat one sentence that says what it was counted from, weightiest first."""
    return {
        "attack": _why(_attack(profile), "no followers, stars or recent work to be seen"),
        "defense": _why(_defense(profile), "a young account"),
        "speed": _why(_speed(profile), "no public events lately"),
    }


def scaled(raw: float) -> int:
    """Return the place of a raw score between 60 and 99."""
    span = STAT_MAX - STAT_MIN
    return STAT_MIN + floor(span * (1 - 2 ** (-max(raw, 0.0) / HALFWAY)) + 0.5)


def _attack(profile: GitHubProfile) -> tuple[_Part, ...]:
    best = profile.top_repositories[:STARS_OF]
    stars, active = sum(one.stars for one in best), _active(profile)
    which = f"{len(best)} best-known repositories" if len(best) > 1 else "best-known repository"
    return (
        _Part(profile.followers / 10, counted(profile.followers, "follower")),
        _Part(stars / 50, f"{counted(stars, 'star')} on the {which}"),
        _Part(5 * active, _worked_on(active)),
    )


def _defense(profile: GitHubProfile) -> tuple[_Part, ...]:
    years, organizations = years_of(profile), len(profile.organizations or ())
    repositories = counted(profile.public_repos, "public repository", "public repositories")
    return (
        _Part(8 * years, f"{counted(years, 'year')} on GitHub"),
        _Part(6 * organizations, counted(organizations, "organisation")),
        _Part(profile.public_repos / 10, repositories),
    )


def _speed(profile: GitHubProfile) -> tuple[_Part, ...]:
    events = profile.activity.total_events if profile.activity else 0
    active = _active(profile)
    return (
        _Part(events / 5, counted(events, "recent public event")),
        _Part(4 * active, _worked_on(active)),
    )


def _scored(parts: tuple[_Part, ...]) -> int:
    return scaled(sum(part.points for part in parts))


def _why(parts: tuple[_Part, ...], nothing: str) -> str:
    counting = sorted((part for part in parts if part.points > 0), key=lambda part: -part.points)
    said = listed([part.fact for part in counting]) or nothing
    return f"{said[0].upper()}{said[1:]}."


def _worked_on(repositories: int) -> str:
    return f"work on {counted(repositories, 'repository', 'repositories')} lately"


def _active(profile: GitHubProfile) -> int:
    """Return how many repositories were worked on lately, at most five."""
    return min(ACTIVE_AT_MOST, len(profile.activity.recent_repos)) if profile.activity else 0
