"""Attack, defence and speed: the old formulas on a scale from 60 to 99.

A raw score is what the formula gives, from 0 upward without end. Every 30 raw points cover half of
the way that is left from 60 to 99: 0 is 60, 30 is 80, 60 is 89, 90 is 94, 180 and more is 98 or 99.
So more is never less, small accounts differ visibly, and only giants reach the end.
"""

from math import floor
from typing import Final

from techub_common.traits import STAT_MAX, STAT_MIN
from techub_generator.heuristics.facts import years_of
from techub_generator.profile import GitHubProfile

HALFWAY: Final = 30
STARS_OF: Final = 3
ACTIVE_AT_MOST: Final = 5


def attack_of(profile: GitHubProfile) -> int:
    """Return followers/10 + stars of the top three/50 + 5 per active repository, scaled."""
    stars = sum(one.stars for one in profile.top_repositories[:STARS_OF])
    return scaled(profile.followers / 10 + stars / 50 + 5 * _active(profile))


def defense_of(profile: GitHubProfile) -> int:
    """Return 8 per year + 6 per organisation + repositories/10, scaled."""
    organizations = len(profile.organizations or ())
    return scaled(8 * years_of(profile) + 6 * organizations + profile.public_repos / 10)


def speed_of(profile: GitHubProfile) -> int:
    """Return events/5 + 4 per active repository, scaled."""
    events = profile.activity.total_events if profile.activity else 0
    return scaled(events / 5 + 4 * _active(profile))


def scaled(raw: float) -> int:
    """Return the place of a raw score between 60 and 99."""
    span = STAT_MAX - STAT_MIN
    return STAT_MIN + floor(span * (1 - 2 ** (-max(raw, 0.0) / HALFWAY)) + 0.5)


def _active(profile: GitHubProfile) -> int:
    """Return how many repositories were worked on lately, at most five."""
    return min(ACTIVE_AT_MOST, len(profile.activity.recent_repos)) if profile.activity else 0
