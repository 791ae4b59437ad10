"""Whether a profile shows enough life for a card: five signals, each worth one point."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from techub_common.errors import Permanent
from techub_generator.profile import Fact, GitHubProfile
from techub_generator.prose import counted, listed

ACCOUNT_DAYS: Final = 60
ACTIVE_REPOSITORIES: Final = 3
ACTIVE_WITHIN: Final = timedelta(days=365)
PEOPLE: Final = 3
EVENTS: Final = 5
SHOW_REPOSITORIES: Final = frozenset({"repositories", "organizations", "active"})


class Signal(Fact):
    """One sign of life: whether it is there, what was seen, and how to make it be there.

    `unknown` says that GitHub would not show what it takes to tell.
    """

    met: bool
    detail: str
    advice: str | None = None
    unknown: bool = False


class Eligibility(Fact):
    """The verdict and everything it rests on.

    While signals that are unknown could still reach the threshold it is `undecided`, and the
    profile is given the benefit of the doubt.
    """

    score: int
    threshold: int
    eligible: bool
    undecided: bool = False
    signals: Mapping[str, Signal]

    def refusal(self) -> Permanent:
        """Return the error that ends the run of a profile that is not eligible."""
        missing = [_spoken(name) for name, one in self.signals.items() if not one.met]
        message = (
            f"This profile shows {self.score} of {len(self.signals)} signs of life and "
            f"{self.threshold} are needed; missing: {listed(missing)}."
        )
        return Permanent(message, code="not_eligible", detail=self.model_dump(mode="json"))

    def doubt(self) -> str | None:
        """Return what could not be told, when the verdict hangs on it."""
        unknown = [_spoken(name) for name, one in self.signals.items() if one.unknown]
        if not self.undecided:
            return None
        return f"GitHub did not show enough to tell {listed(unknown)}; the profile goes on."


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def evaluate(profile: GitHubProfile, threshold: int) -> Eligibility:
    """Return the verdict on a profile as it stood when GitHub was read."""
    signals = {
        "account_age": _account_age(profile),
        "repository_activity": _repository_activity(profile),
        "social_proof": _social_proof(profile),
        "meaningful_profile": _meaningful_profile(profile),
        "recent_activity": _recent_activity(profile),
    }
    score = sum(signal.met for signal in signals.values())
    possible = score + sum(signal.unknown for signal in signals.values())
    return Eligibility(
        score=score,
        threshold=threshold,
        eligible=possible >= threshold,
        undecided=score < threshold <= possible,
        signals=signals,
    )


def _account_age(profile: GitHubProfile) -> Signal:
    days = (profile.read_at - profile.created_at).days
    left = ACCOUNT_DAYS - days
    return _signal(
        days >= ACCOUNT_DAYS,
        f"The account is {counted(max(days, 0), 'day')} old.",
        f"Come back in {counted(left, 'day')}, when the account is {ACCOUNT_DAYS} days old.",
    )


def _repository_activity(profile: GitHubProfile) -> Signal:
    owners = {profile.login.lower()} | {one.login.lower() for one in profile.organizations or ()}
    since = profile.read_at - ACTIVE_WITHIN
    every = (*profile.active, *profile.pinned, *profile.repositories)
    active = sum(
        1
        for one in {one.full_name.lower(): one for one in every}.values()
        if not one.archived
        and one.full_name.partition("/")[0].lower() in owners
        and one.pushed_at is not None
        and one.pushed_at >= since
    )
    had = counted(active, "public repository", "public repositories")
    return _signal(
        active >= ACTIVE_REPOSITORIES,
        f"{had} had a push in the last 12 months.",
        f"Push something to {ACTIVE_REPOSITORIES - active} more of your own repositories"
        " that are not archived.",
        unknown=not SHOW_REPOSITORIES.isdisjoint(profile.unread),
    )


def _social_proof(profile: GitHubProfile) -> Signal:
    return _signal(
        profile.followers >= PEOPLE or profile.following >= PEOPLE,
        f"{counted(profile.followers, 'follower')}, following {profile.following:,}.",
        f"Follow {counted(PEOPLE, 'account')} whose work you like; that is enough.",
    )


def _meaningful_profile(profile: GitHubProfile) -> Signal:
    shown = {
        "a bio": bool(profile.bio),
        "a README": bool(profile.readme),
        counted(len(profile.pinned), "pinned repository", "pinned repositories"): bool(
            profile.pinned
        ),
    }
    has = listed([what for what, there in shown.items() if there])
    return _signal(
        bool(has),
        f"The profile has {has}."
        if has
        else "The profile has no bio, README or pinned repository.",
        "Write a sentence about yourself into the bio of your GitHub profile.",
        unknown=not {"readme", "pinned"}.isdisjoint(profile.unread),
    )


def _recent_activity(profile: GitHubProfile) -> Signal:
    seen = profile.activity.total_events if profile.activity else 0
    return _signal(
        seen >= EVENTS,
        f"{counted(seen, 'public event')} in the last 90 days.",
        f"Push, review or comment in public: {counted(EVENTS, 'event')} in 90 days are enough.",
        unknown="activity" in profile.unread,
    )


def _signal(met: bool, detail: str, advice: str, *, unknown: bool = False) -> Signal:
    if not met and unknown:
        detail = "GitHub did not show this just now."
    return Signal(
        met=met, detail=detail, advice=None if met else advice, unknown=unknown and not met
    )
