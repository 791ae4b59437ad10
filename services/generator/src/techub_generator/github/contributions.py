"""What a contribution calendar amounts to."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from techub_generator.github.query import WINDOW_DAYS
from techub_generator.github.wire import Day, readable
from techub_generator.profile import Contributions

TOTALS: Final[Mapping[str, str]] = {
    "commits": "totalCommitContributions",
    "pull_requests": "totalPullRequestContributions",
    "reviews": "totalPullRequestReviewContributions",
    "issues": "totalIssueContributions",
    "repositories": "totalRepositoryContributions",
    "restricted": "restrictedContributionsCount",
}


def contributions_of(collection: Mapping[str, Any]) -> Contributions:
    """Return the figures of a `contributionsCollection`, broken parts of it counted as nothing."""
    calendar = collection.get("contributionCalendar")
    days = _days(calendar if isinstance(calendar, dict) else {})
    counts = [day.count for day in days]
    first_day, every_day = _one_a_day(days)
    return Contributions(
        window_days=WINDOW_DAYS,
        total=sum(counts),
        active_weeks=len({day.date.isocalendar()[:2] for day in days if day.count}),
        current_streak=_current(counts),
        longest_streak=_longest(counts),
        first_day=first_day,
        days=every_day,
        **{name: _count(collection.get(field)) for name, field in TOTALS.items()},
    )


def _days(calendar: Mapping[str, Any]) -> list[Day]:
    weeks = calendar.get("weeks")
    found: dict[Any, Day] = {}
    for week in weeks if isinstance(weeks, list) else []:
        given = week.get("contributionDays") if isinstance(week, dict) else None
        for day in readable(Day, given if isinstance(given, list) else []):
            found[day.date] = day
    return [found[date] for date in sorted(found)]


def _one_a_day(days: Sequence[Day]) -> tuple[date | None, tuple[int, ...]]:
    """Return the first day and a count for every one of the window; one left out has none."""
    if not days:
        return None, ()
    counts = {day.date: day.count for day in days}
    last = days[-1].date
    span = min((last - days[0].date).days, WINDOW_DAYS) + 1
    first = last - timedelta(days=span - 1)
    return first, tuple(counts.get(first + timedelta(days=place), 0) for place in range(span))


def _current(counts: Sequence[int]) -> int:
    """Return the days in a row up to now; today, if it is still empty, ends nothing."""
    past = list(counts[:-1] if counts and counts[-1] == 0 else counts)
    streak = 0
    while past and past.pop():
        streak += 1
    return streak


def _longest(counts: Sequence[int]) -> int:
    longest = running = 0
    for count in counts:
        running = running + 1 if count else 0
        longest = max(longest, running)
    return longest


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) else 0
