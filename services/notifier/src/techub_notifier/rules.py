"""Who is told of what, and what becomes of a mail after each try: decisions, no input or output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID, uuid5

from techub_common.errors import Permanent, Transient
from techub_common.events import Ended, Notify, PipelineCompleted, PipelineFailed, PipelinePartial
from techub_common.masking import mask
from techub_notifier.addresses import fingerprint, is_sendable

RunEvent = Literal["completed", "partial", "failed"]

PARK_AFTER: Final = timedelta(hours=23)
"""Resend forgets a key after 24 h; from here on a repetition could be a second mail."""

LONGEST_WAIT: Final = 300.0
LONGEST_ASKED_WAIT: Final = 3600.0
ERROR_LENGTH: Final = 300


class Audience(StrEnum):
    """Whom a mail is for."""

    owner = "owner"
    ops = "ops"


class State(StrEnum):
    """Where a delivery stands; all but `pending` are final until a person acts."""

    pending = "pending"
    delivered = "delivered"
    skipped = "skipped"
    refused = "refused"
    parked = "parked"


SETTLED: Final[Mapping[State, str]] = {
    State.delivered: "notification_delivered",
    State.skipped: "notification_skipped",
    State.refused: "notification_refused",
    State.parked: "notification_parked",
}
"""What the log calls each final state."""

RUN_EVENTS: Final[Mapping[type[Ended], RunEvent]] = {
    PipelineCompleted: "completed",
    PipelinePartial: "partial",
    PipelineFailed: "failed",
}

_HEARD_BY: Final[Mapping[RunEvent, frozenset[Audience]]] = {
    "completed": frozenset({Audience.owner}),
    "partial": frozenset({Audience.ops}),
    "failed": frozenset({Audience.owner, Audience.ops}),
}
_WANTED_FOR: Final[Mapping[Notify, frozenset[Audience]]] = {
    Notify.owners: frozenset({Audience.owner, Audience.ops}),
    Notify.ops: frozenset({Audience.ops}),
    Notify.none: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who looks after a profile, and whether mail may go there."""

    user_id: UUID
    address: str | None
    verified: bool
    wants_mail: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """One person or address to be told, or the reason why not."""

    audience: Audience
    recipient: str
    address: str | None
    user_id: UUID | None = None
    state: State = State.pending
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try came to: a final state, or `pending` again in so many seconds."""

    state: State
    provider_id: str | None = None
    error: str | None = None
    again_in: float = 0.0


def run_event(event: Ended) -> RunEvent:
    """Return how the run ended, in one word."""
    return RUN_EVENTS[type(event)]


def audiences(event: Ended) -> frozenset[Audience]:
    """Return who hears of this end: what the outcome asks for, as far as the trigger wants it."""
    return _HEARD_BY[run_event(event)] & _WANTED_FOR[event.notify]


def notices_for(
    event: Ended, owners: Sequence[Owner], alert_addresses: Sequence[str]
) -> tuple[Notice, ...]:
    """Return one notice per owner and per alert address that hears of this end.

    They come in the order of their recipients, so that two claims never wait for each other.
    """
    heard_by = audiences(event)
    notices = [_for_owner(owner) for owner in owners if Audience.owner in heard_by]
    notices += [_for_ops(address) for address in alert_addresses if Audience.ops in heard_by]
    return tuple(sorted(notices, key=lambda notice: notice.recipient))


def delivery_id(event: Ended, notice: Notice) -> UUID:
    """Return the row's id, which is the Idempotency-Key: one per run, event and recipient."""
    return uuid5(event.run_id, f"delivery\n{run_event(event)}\n{notice.recipient}")


def verdict_on(error: Transient | Permanent, attempts: int) -> Verdict:
    """Return what follows from a try that failed; `attempts` counts it."""
    words = f"{error.code}: {mask(str(error))}"[:ERROR_LENGTH]
    if isinstance(error, Transient):
        return Verdict(State.pending, error=words, again_in=wait_after(error, attempts))
    state = State.refused if error.code == "address_refused" else State.parked
    return Verdict(state, error=words)


def wait_after(error: Transient, attempts: int) -> float:
    """Return the seconds until the next try: what they asked for, else 2ⁿ up to five minutes."""
    if error.retry_after is not None:
        return min(max(error.retry_after, 0.0), LONGEST_ASKED_WAIT)
    return min(2.0 ** min(attempts, 16), LONGEST_WAIT)


def too_old(since_first_try: timedelta) -> bool:
    """Return whether the mail must wait for a person instead of being sent again."""
    return since_first_try >= PARK_AFTER


def _for_owner(owner: Owner) -> Notice:
    recipient = f"user:{owner.user_id}"
    state, reason = State.pending, None
    if not owner.address or not owner.verified:
        state, reason = State.skipped, "no_verified_address"
    elif not owner.wants_mail:
        state, reason = State.skipped, "opted_out"
    elif not is_sendable(owner.address):
        state, reason = State.refused, "address_unusable"
    return Notice(Audience.owner, recipient, owner.address, owner.user_id, state, reason)


def _for_ops(address: str) -> Notice:
    return Notice(Audience.ops, f"ops:{fingerprint(address)}", address)
