"""One try of one mail, outside any transaction, and what came of it."""

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from techub_common import tracing
from techub_common.errors import Permanent, Transient
from techub_notifier import endings
from techub_notifier.rows import LEASE, End, Store, Taken, Tried
from techub_notifier.rules import SETTLED, State, Verdict, too_old, verdict_on

log = structlog.get_logger()

LONGEST_SEND: Final = 12.0
LONGEST_HOLD: Final = 60.0
STARTS_WITHIN: Final = LEASE.total_seconds() - LONGEST_SEND


class Mailer(Protocol):
    """What the sender needs of a provider."""

    async def send(self, mail: dict[str, Any], key: UUID) -> str:
        """Send once per key and return the provider's id; raise Transient or Permanent."""
        ...


@dataclass(frozen=True, slots=True)
class Sending:
    """What a try needs; `clock` counts seconds and never goes back.

    `settled` keeps what a try came to, and says whether the lease was still ours.
    """

    mailer: Mailer
    settled: Callable[[Tried], Awaitable[bool]]
    clock: Callable[[], float]


async def deliver(taken: Taken, taken_at: float, sending: Sending) -> None:
    """Try the mail once and keep what came of it; who comes late leaves it to the next lease."""
    with (
        tracing.in_run(taken.run_id, "deliver mail", attempt=taken.attempts),
        structlog.contextvars.bound_contextvars(
            trace_id=taken.run_id and taken.run_id.hex,
            run_id=str(taken.run_id),
            delivery_id=str(taken.id),
            outcome=taken.event,
            audience=taken.audience,
            attempt=taken.attempts,
        ),
    ):
        if sending.clock() - taken_at > STARTS_WITHIN:
            log.warning("notification_lease_stale")
            return
        verdict = await attempt(taken, sending.mailer)
        if not await sending.settled(Tried(taken, verdict)):
            log.warning("notification_lease_lost")
        elif verdict.state is not State.pending:
            level = log.info if verdict.state is State.delivered else log.warning
            level(SETTLED[verdict.state], provider_id=verdict.provider_id, error=verdict.error)


async def attempt(taken: Taken, mailer: Mailer) -> Verdict:
    """Return what one try came to; what is too old or changed is not tried."""
    if too_old(taken.since_first_try):
        return Verdict(State.parked, error="undelivered: 23 hours after the first try")
    if not taken.intact:
        return Verdict(State.parked, error="payload_changed: not what was frozen")
    try:
        provider_id = await mailer.send(json.loads(taken.payload), taken.key)
    except (Transient, Permanent) as error:
        verdict = verdict_on(error, taken.attempts)
        _note(error, verdict)
        return verdict
    return Verdict(State.delivered, provider_id=provider_id)


async def settle(store: Store, tried: Collection[Tried]) -> Sequence[Tried]:
    """Keep what tries came to in one transaction, and return those whose lease was still ours.

    The mail that settles last tells what became of everybody, in the same transaction.
    """
    async with store.transaction() as rows:
        ended = await rows.lock_endings({end for one in tried if (end := _may_end(one))})
        pauses = [one.verdict.again_in for one in tried if one.verdict.limited]
        if pauses:
            await rows.hold(min(max(pauses), LONGEST_HOLD))
        kept = await rows.settle(tried)
        touched = {_may_end(one) for one in kept}
        await endings.record_if_over(rows, *(one for one in ended if one.end in touched))
    return kept


def _may_end(tried: Tried) -> End | None:
    """Return the end whose last mail this may be: it is over, and belongs to a run."""
    taken = tried.taken
    if taken.run_id is None or tried.verdict.state is State.pending:
        return None
    return taken.run_id, taken.event


def _note(error: Transient | Permanent, verdict: Verdict) -> None:
    if error.code == "resend_unauthorized":
        log.error("resend_unauthorized", error=verdict.error, delay=verdict.again_in)
    elif verdict.state is State.pending:
        log.warning("notification_retried", error=verdict.error, delay=verdict.again_in)
