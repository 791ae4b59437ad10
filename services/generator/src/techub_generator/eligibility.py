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


class Signal(Fact):
    """One sign of life: whether it is there, what was seen, and how to make it be there."""

    met: bool
    detail: str
    advice: str | None = None


class Eligibility(Fact):
    """The verdict and everything it rests on."""

    score: int
    threshold: int
    eligible: bool
    signals: Mapping[str, Signal]

    def refusal(self) -> Permanent:
        """Return the error that ends the run of a profile that is not eligible."""
        missing = [name.replace("_", " ") for name, one in self.signals.items() if not one.met]
        message = (
            f"This profile shows {self.score} of {len(self.signals)} signs of life and "
            f"{self.threshold} are needed; missing: {listed(missing)}."
        )
        return Permanent(message, code="not_eligible", detail=self.model_dump(mode="json"))


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
    return Eligibility(
        score=score, threshold=threshold, eligible=score >= threshold, signals=signals
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
    active = sum(
        1
        for one in profile.repositories
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
    )


def _social_proof(profile: GitHubProfile) -> Signal:
    return _signal(
        profile.followers >= PEOPLE or profile.following >= PEOPLE,
        f"{counted(profile.followers, 'follower')}, following {profile.following:,}.",
        f"Follow {counted(PEOPLE, 'account')} whose work you like; that is enough.",
    )


def _meaningful_profile(profile: GitHubProfile) -> Signal:
    return _signal(
        bool(profile.bio),
        "The profile has a bio." if profile.bio else "The profile has no bio.",
        "Write a sentence about yourself into the bio of your GitHub profile.",
    )


def _recent_activity(profile: GitHubProfile) -> Signal:
    seen = profile.activity.total_events if profile.activity else 0
    return _signal(
        seen >= EVENTS,
        f"{counted(seen, 'public event')} in the last 90 days.",
        f"Push, review or comment in public: {counted(EVENTS, 'event')} in 90 days are enough.",
    )


def _signal(met: bool, detail: str, advice: str) -> Signal:
    return Signal(met=met, detail=detail, advice=None if met else advice)
