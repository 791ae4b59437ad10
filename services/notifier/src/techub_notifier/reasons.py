"""Why a card could not be made, said to its owner: what happened and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from techub_common.events import RunError
from techub_common.masking import mask
from techub_notifier.plain import plain

LONGEST: Final = 400
MOST_SIGNS: Final = 10


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence about what happened and one about what to do now."""

    happened: str
    advice: str


_OURS: Final = "That is on our side, and we have been told. Please try again a little later."
_AGAIN: Final = "Nothing is wrong with your profile. Please try again in a little while."

_REASONS: Final[Mapping[str, Reason]] = {
    "github_login_unknown": Reason(
        "GitHub has no account with this login.",
        "It may have been renamed or removed. Check the spelling and submit it again.",
    ),
    "github_blocked": Reason(
        "GitHub does not show this account's public data.",
        "We can only make cards of what anyone can see on GitHub.",
    ),
    "github_unavailable": Reason("GitHub did not answer us, even after several tries.", _AGAIN),
    "github_rate_limited": Reason("GitHub asked us to slow down for a while.", _AGAIN),
    "github_unauthorized": Reason("GitHub did not let us read the profile.", _OURS),
    "github_refused": Reason("GitHub did not let us read the profile.", _OURS),
    "no_picture": Reason("We wrote the card, but none of its pictures could be made.", _OURS),
    "timed_out": Reason("Making the card took longer than we allow.", _OURS),
    "unexpected": Reason("Something went wrong while we made the card.", _OURS),
}
_NOT_ELIGIBLE: Final = (
    "A bio, a profile README, a few public repositories and some recent public activity all count. "
    "Come back once there is a little more to tell."
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of life a profile shows or misses, and what would make it show."""

    met: bool
    shown: str
    advice: str | None


def signs_of(error: RunError | None) -> list[Sign]:
    """Return the eligibility signals in the error, those that are missing first."""
    signals = error.detail.get("signals") if error and error.code == "not_eligible" else None
    if not isinstance(signals, Mapping):
        return []
    signs = [
        Sign(
            met=bool(one.get("met")),
            shown=plain(mask(str(one.get("detail") or "")), LONGEST),
            advice=plain(mask(str(one["advice"])), LONGEST) if one.get("advice") else None,
        )
        for one in list(signals.values())[:MOST_SIGNS]
        if isinstance(one, Mapping)
    ]
    return sorted(signs, key=lambda sign: sign.met)


def reason_for(error: RunError | None) -> Reason:
    """Return our own words for a code we know, and the error's own sentence for one we do not."""
    if error is None:
        return _REASONS["unexpected"]
    words = plain(mask(error.message), LONGEST)
    if error.code == "not_eligible":
        return Reason(words or "There is not enough on this profile for a card yet.", _NOT_ELIGIBLE)
    known = _REASONS.get(error.code)
    return known or (Reason(words, _OURS) if words else _REASONS["unexpected"])
