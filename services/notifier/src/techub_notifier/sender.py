"""Sends what is due: a lease, one try outside any transaction, and what came of it."""

import asyncio
import json
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from techub_common.database import Sessions, transaction
from techub_common.delivery import Road
from techub_common.errors import Permanent, Transient
from techub_common.outbox import Outbox
from techub_common.tasks import finish
from techub_notifier import deliveries
from techub_notifier.deliveries import LEASE, Taken
from techub_notifier.rules import SETTLED, State, Verdict, too_old, verdict_on

log = structlog.get_logger()

SLOTS: Final = 8
POLL_SECONDS: Final = 1.0
LONGEST_SEND: Final = 12.0
LONGEST_HOLD: Final = 60.0
STARTS_WITHIN: Final = LEASE.total_seconds() - LONGEST_SEND


class Mailer(Protocol):
    """What the sender needs of a provider."""

    async def send(self, mail: dict[str, Any], key: UUID) -> str:
        """Send once per key and return the provider's id; raise Transient or Permanent."""
        ...


class Sender:
    """Takes due mails as slots become free; any number of senders share one table."""

    def __init__(self, sessions: Sessions, outbox: Outbox, mailer: Mailer, road: Road) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._mailer = mailer
        self._road = road
        self._woken = asyncio.Event()
        self._held_until = 0.0

    def wake(self) -> None:
        """Look for due mails now instead of at the next second."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever; when cancelled, finish what is on its way and take nothing more."""
        sending: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._let_up()
                self._woken.clear()
                take = partial(self._take, SLOTS - len(sending))
                for taken in await self._road.until_back(take):
                    sending.add(asyncio.create_task(self._deliver(taken, _now())))
                sending -= await self._something(sending)
        finally:
            await finish(sending, LONGEST_SEND)

    async def _let_up(self) -> None:
        """Wait while Resend has asked for a pause."""
        await asyncio.sleep(max(0.0, self._held_until - _now()))

    async def _take(self, free: int) -> list[Taken]:
        async with transaction(self._sessions) as session:
            return await deliveries.take(session, free)

    async def _something(self, sending: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Return the tries that ended, once one has, a mail was made or a second is over."""
        waking = asyncio.create_task(self._woken.wait())
        free = {waking} if len(sending) < SLOTS else set()
        try:
            await asyncio.wait(
                {*sending, *free}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waking.cancel()
        ended = {task for task in sending if task.done()}
        for task in ended:
            task.result()
        return ended

    async def _deliver(self, taken: Taken, taken_at: float) -> None:
        with structlog.contextvars.bound_contextvars(
            run_id=str(taken.run_id),
            delivery_id=str(taken.id),
            outcome=taken.event,
            audience=taken.audience,
            attempt=taken.attempts,
        ):
            if _now() - taken_at > STARTS_WITHIN:
                log.warning("notification_lease_stale")
                return
            verdict = await self._try(taken)
            ours = await self._road.until_back(lambda: self._settle(taken, verdict))
            if not ours:
                log.warning("notification_lease_lost")
            elif verdict.state is not State.pending:
                level = log.info if verdict.state is State.delivered else log.warning
                level(
                    SETTLED[verdict.state],
                    provider_id=verdict.provider_id,
                    error=verdict.error,
                )

    async def _try(self, taken: Taken) -> Verdict:
        """Return what one try came to; what is too old or changed is not tried."""
        if too_old(taken.since_first_try):
            return Verdict(State.parked, error="undelivered: 23 hours after the first try")
        if not taken.intact:
            return Verdict(State.parked, error="payload_changed: not what was frozen")
        try:
            provider_id = await self._mailer.send(json.loads(taken.payload), taken.id)
        except (Transient, Permanent) as error:
            verdict = verdict_on(error, taken.attempts)
            self._note(error, verdict)
            return verdict
        return Verdict(State.delivered, provider_id=provider_id)

    def _note(self, error: Transient | Permanent, verdict: Verdict) -> None:
        if error.code == "resend_unauthorized":
            log.error("resend_unauthorized", error=verdict.error, delay=verdict.again_in)
        elif verdict.state is State.pending:
            log.warning("notification_retried", error=verdict.error, delay=verdict.again_in)
        if error.code == "resend_limited":
            self._held_until = _now() + min(verdict.again_in, LONGEST_HOLD)

    async def _settle(self, taken: Taken, verdict: Verdict) -> bool:
        async with transaction(self._sessions) as session:
            return await deliveries.settle(session, self._outbox, taken, verdict)


def _now() -> float:
    return asyncio.get_running_loop().time()
