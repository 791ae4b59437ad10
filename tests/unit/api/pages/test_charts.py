"""Charts: every day has its square, shares add up, and lines stay in their box."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from techub_api.pages.charts import MOST_BARS, OTHERS, STEP, bars_of, calendar_of, line_of
from techub_api.pages.portrait import trends_of
from techub_api.profiles.details import ProfileStats

COUNTS = st.lists(st.integers(0, 10_000), max_size=120)
DAYS = st.dates(date(2008, 1, 1), date(2040, 1, 1))


@given(DAYS, COUNTS)
def test_every_day_has_its_square(first_day: date, counts: list[int]) -> None:
    """A day stands in the column of its week and the row of its weekday, Monday on top."""
    calendar = calendar_of(first_day, counts)

    assert [square.count for square in calendar.squares] == counts
    assert calendar.total == sum(counts)
    for place, square in enumerate(calendar.squares):
        assert square.day == first_day + timedelta(days=place)
        assert square.y == square.day.weekday() * STEP
        assert 0 <= square.x < calendar.width
    assert len({(square.x, square.y) for square in calendar.squares}) == len(counts)


@given(DAYS, COUNTS)
def test_strength(first_day: date, counts: list[int]) -> None:
    """A day without anything is unlit, the busiest one the strongest, and none beyond."""
    squares = calendar_of(first_day, counts).squares

    assert all((square.level == 0) == (square.count == 0) for square in squares)
    assert all(0 <= square.level <= 4 for square in squares)
    if any(counts):
        assert max(squares, key=lambda square: square.count).level == 4


def test_months_are_named_where_there_is_room() -> None:
    """A month is named above the week it begins in, unless it has only that one."""
    calendar = calendar_of(date(2026, 8, 31), [1] * 62)

    assert [name for _, name in calendar.months] == ["Sep", "Oct"]


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.integers(-5, 10**9), max_size=30))
def test_shares(counts: dict[str, int]) -> None:
    """Bars come largest first, and what is left over is one at the end; nothing is lost."""
    bars = bars_of(counts)
    shown = bars[:MOST_BARS]

    assert sum(bar.count for bar in bars) == sum(count for count in counts.values() if count > 0)
    assert len(bars) <= MOST_BARS + 1
    assert [bar.count for bar in shown] == sorted((bar.count for bar in shown), reverse=True)
    assert all(0 <= bar.length <= 100 for bar in bars)
    if len(bars) > MOST_BARS:
        assert bars[-1].name == OTHERS


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_a_line_stays_in_its_box(values: list[int]) -> None:
    """Every point lies in the box, a higher value higher up."""
    points = [tuple(map(float, point.split(","))) for point in line_of(values, 240, 48).split()]

    assert len(points) == len(values)
    assert all(0 <= x <= 240 and 0 <= y <= 48 for x, y in points)
    highest = points[values.index(max(values))]
    assert all(y >= highest[1] for _, y in points)


def stats(day: int, followers: int) -> ProfileStats:
    """Return the numbers of one day."""
    return ProfileStats(day=date(2026, 11, day), followers=followers, total_stars=3, public_repos=2)


def test_how_it_moves() -> None:
    """Numbers of several days have a line and a difference; those of one day have not."""
    followers, *_ = trends_of([stats(1, 10), stats(2, 12), stats(4, 9)])

    assert (followers.now, followers.moved, followers.since) == (9, -1, date(2026, 11, 1))
    assert trends_of([stats(1, 10)]) == []
