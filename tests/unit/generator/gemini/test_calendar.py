"""The contribution calendar is for pages: a model is told the sums, not the days."""

import json
from datetime import UTC, date, datetime

from techub_generator.gemini.context import Material, context_of
from techub_generator.gemini.prompts import TraitsPrompt
from techub_generator.profile import Contributions, GitHubProfile

AT = datetime(2026, 11, 27, tzinfo=UTC)


def told(first_day: date | None, days: tuple[int, ...]) -> TraitsPrompt:
    """Return what a model is told of an account with this calendar."""
    counted = Contributions(window_days=90, total=7, first_day=first_day, days=days)
    profile = GitHubProfile(id=1, login="pip", created_at=AT, read_at=AT, contributions=counted)
    return TraitsPrompt(context_of(Material(profile)))


def test_sums_without_days() -> None:
    """A calendar breaks no question, and another day with the same sums is the same input."""
    with_days = told(date(2026, 8, 30), (3, 0, 4))

    assert json.loads(json.dumps(with_days.document))["contributions"]["total"] == 7
    assert "first_day" not in with_days.question()
    assert with_days.input_hash == told(None, ()).input_hash
