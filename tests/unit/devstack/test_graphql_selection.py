"""GraphQL queries: what is selected is what is answered."""

import pytest

from techub_devstack.doubles.github_graphql import contributions
from techub_devstack.doubles.graphql_selection import QueryError, parse, select

QUERY = """
query Card($login: String!, $count: Int = 6) { # a comment { that opens nothing
  person: user(login: $login) { ...names pinned(first: $count) { nodes { ... on Repo { name } } } }
}
fragment names on User { login }
"""


def test_aliases_arguments_and_fragments() -> None:
    """An alias names the answer, variables fill arguments, fragments stand in their places."""
    (user,) = parse(QUERY, {"login": "ada", "count": 1})

    assert (user.name, user.alias, user.arguments) == ("user", "person", {"login": "ada"})
    assert [field.name for field in user.below] == ["login", "pinned"]


def test_only_what_is_selected_is_answered() -> None:
    """`first` cuts the nodes."""
    (user,) = parse(QUERY, {"login": "ada", "count": 1})
    pinned = {"nodes": [{"name": "a", "stars": 1}, {"name": "b", "stars": 2}]}
    person = {"login": "ada", "bio": "x", "pinned": pinned}

    answer = select(person, user.below, "User")

    assert answer == {"login": "ada", "pinned": {"nodes": [{"name": "a"}]}}


def test_an_unknown_field_is_an_error() -> None:
    """A misspelt field does not pass."""
    with pytest.raises(QueryError, match="Field 'nam' doesn't exist on type 'User'"):
        select({"name": "ada"}, parse("{ nam }", {}), "User")


@pytest.mark.parametrize("query", ["", "{", "{ a { b }", "query", "{ a(b }"])
def test_a_torn_query_is_an_error(query: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(QueryError):
        parse(query, {})


def test_contributions_of_a_window_come_in_weeks() -> None:
    """The days asked for, in weeks that begin on Sunday, and their sum."""
    days = [{"date": f"2026-11-{day:02}", "contributionCount": day} for day in range(1, 15)]
    recorded = {"contributionCalendar": {"weeks": [{"contributionDays": days}]}}

    calendar = contributions(recorded, "2026-11-06T00:00:00Z", "2026-11-08T23:59:59Z")

    weeks = calendar["contributionCalendar"]["weeks"]
    assert [week["firstDay"] for week in weeks] == ["2026-11-01", "2026-11-08"]
    assert calendar["contributionCalendar"]["totalContributions"] == 6 + 7 + 8
