"""Five signals, one point each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from techub_generator.eligibility import evaluate
from techub_generator.profile import Activity, GitHubProfile, Organization, Repository

Make = Callable[..., GitHubProfile]
MakeRepository = Callable[..., Repository]


@pytest.mark.parametrize(
    ("facts", "signal", "met"),
    [
        ({"followers": 3}, "social_proof", True),
        ({"followers": 2, "following": 2}, "social_proof", False),
        ({"following": 3}, "social_proof", True),
        ({"bio": "Poet of science."}, "meaningful_profile", True),
        ({"bio": None}, "meaningful_profile", False),
        ({"activity": Activity(total_events=5)}, "recent_activity", True),
        ({"activity": Activity(total_events=4)}, "recent_activity", False),
        ({"activity": None}, "recent_activity", False),
    ],
)
def test_plain_signals(profile: Make, facts: dict[str, Any], signal: str, met: bool) -> None:
    """A signal is met from its threshold on, and advises only while it is not."""
    found = evaluate(profile(**facts), 3).signals[signal]

    assert found.met is met
    assert (found.advice is None) is met


@pytest.mark.parametrize(("days", "met"), [(60, True), (59, False), (0, False)])
def test_account_age(profile: Make, days: int, met: bool) -> None:
    """An account counts from its sixtieth day on, measured when GitHub was read."""
    young = profile()
    young = young.model_copy(update={"created_at": young.read_at - timedelta(days=days)})

    assert evaluate(young, 3).signals["account_age"].met is met


@pytest.mark.parametrize(
    ("change", "met"),
    [
        ({}, True),
        ({"archived": True}, False),
        ({"full_name": "somebody/else"}, False),
        ({"full_name": "Guild/engine"}, True),
        ({"full_name": "ADA/engine"}, True),
        ({"pushed_at": None}, False),
        ({"fork": True}, True),
    ],
)
def test_repository_activity(
    profile: Make, repository: MakeRepository, change: dict[str, Any], met: bool
) -> None:
    """Three pushed, unarchived repositories of one's own or one's organisations count."""
    repositories = (repository("one"), repository("two"), repository("three", **change))
    guild = Organization(id=1, login="guild")
    person = profile(repositories=repositories, organizations=(guild,))

    assert evaluate(person, 3).signals["repository_activity"].met is met


def test_repository_activity_ends(profile: Make, repository: MakeRepository) -> None:
    """A push more than twelve months ago no longer counts."""
    person = profile()
    old = [
        repository(name, pushed_at=person.read_at - timedelta(days=days))
        for name, days in (("one", 365), ("two", 364), ("three", 366))
    ]

    detail = evaluate(person.model_copy(update={"repositories": tuple(old)}), 3).signals

    assert "2 public repositories" in detail["repository_activity"].detail


@pytest.mark.parametrize(("threshold", "eligible"), [(1, True), (2, True), (3, False), (0, True)])
def test_threshold(profile: Make, threshold: int, eligible: bool) -> None:
    """The policy's threshold decides; two signals are met here."""
    verdict = evaluate(profile(followers=7), threshold)

    assert verdict.score == 2
    assert verdict.eligible is eligible


def test_refusal(profile: Make) -> None:
    """A refusal carries every signal with its advice, so that a person can act on it."""
    error = evaluate(profile(), 3).refusal()

    assert error.code == "not_eligible"
    assert error.detail["score"] == 1
    assert error.detail["threshold"] == 3
    assert {"met", "detail", "advice", "unknown"} == set(error.detail["signals"]["social_proof"])
    assert "social proof" in str(error)


@pytest.mark.parametrize(
    ("unread", "threshold", "eligible", "undecided"),
    [
        ((), 3, False, False),
        (("activity",), 3, False, False),
        (("activity", "repositories"), 3, True, True),
        (("activity", "repositories", "readme"), 4, True, True),
        (("activity", "repositories", "readme"), 5, False, False),
        (("activity",), 1, True, False),
    ],
)
def test_unknown_signals(
    profile: Make, unread: tuple[str, ...], threshold: int, eligible: bool, undecided: bool
) -> None:
    """What GitHub did not show counts for nobody, but nobody is refused over it either."""
    verdict = evaluate(profile(unread=unread), threshold)

    assert (verdict.score, verdict.eligible, verdict.undecided) == (1, eligible, undecided)
    assert bool(verdict.doubt()) is undecided
    assert sum(one.unknown for one in verdict.signals.values()) == len(unread)


@pytest.mark.parametrize(
    ("unread", "unknown"),
    [
        ((), False),
        (("repositories",), True),
        (("organizations",), True),
        (("active",), True),
        (("pinned",), False),
        (("repositories", "organizations", "active"), True),
    ],
)
def test_whose_repositories_are_unknown(
    profile: Make, repository: MakeRepository, unread: tuple[str, ...], unknown: bool
) -> None:
    """Without the repositories, the organisations or what is worked on lately nobody can tell."""
    guild = [repository(f"tool-{n}", full_name=f"guild/tool-{n}") for n in range(3)]
    person = profile(repositories=(repository("one"),), active=tuple(guild), unread=unread)
    signal = evaluate(person, 3).signals["repository_activity"]

    assert (signal.met, signal.unknown) == (False, unknown)
    mine = tuple(repository(name) for name in ("one", "two", "three"))
    enough = evaluate(profile(repositories=mine, unread=unread), 3).signals["repository_activity"]
    assert (enough.met, enough.unknown) == (True, False)


def test_meaningful_by_readme_or_pin(profile: Make, repository: Callable[..., Repository]) -> None:
    """A README or a pinned repository says as much as a bio."""
    for shown in ({"readme": "Hello"}, {"pinned": (repository(),)}, {"bio": "Hello"}):
        assert evaluate(profile(**shown), 2).signals["meaningful_profile"].met
    assert not evaluate(profile(), 2).signals["meaningful_profile"].met


def test_groups_repositories_count(profile: Make, repository: Callable[..., Repository]) -> None:
    """Active and pinned repositories of one's organisations count, each once."""
    guild = [repository(f"tool-{n}", full_name=f"guild/tool-{n}") for n in range(3)]
    member = {"organizations": (Organization(id=1, login="Guild"),)}

    known = profile(active=tuple(guild[:2]), pinned=tuple(guild[1:]), **member)

    assert evaluate(known, 1).signals["repository_activity"].met
    assert not evaluate(profile(active=tuple(guild)), 1).signals["repository_activity"].met
