"""What the notifier keeps, as one transaction sees it: one contract, Postgres behind it in service.

The simulation runs the same handlers over an implementation in memory; both pass one suite of
contract tests.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from techub_common.envelope import Envelope
from techub_common.events import Ended, Event, Reported
from techub_notifier.rules import Audience, Mail, Owner, State, Verdict

End = tuple[UUID, str]
"""A run and how it ended: what a mail about a run belongs to."""

LEASE: Final = timedelta(seconds=20)
"""Longer than a send may take; whoever dies holding one is succeeded after it."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A row as it is made; `payload` is there from the start, or never."""

    id: UUID
    event: Mail
    audience: Audience
    recipient: str
    state: State
    run_id: UUID | None = None
    profile_id: UUID | None = None
    user_id: UUID | None = None
    address: str | None = None
    payload: str | None = None
    reason: str | None = None
    digest_id: UUID | None = None
    summary: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is ours to try until its lease ends."""

    id: UUID
    key: UUID
    run_id: UUID | None
    event: str
    audience: str
    payload: str
    payload_sha256: str
    attempts: int
    since_first_try: timedelta
    lease_token: UUID

    @property
    def intact(self) -> bool:
        """Return whether the payload is still the one that was frozen."""
        return sha256_of(self.payload) == self.payload_sha256


@dataclass(frozen=True, slots=True)
class Tried:
    """A mail that was tried, and what came of it."""

    taken: Taken
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Took:
    """What was leased, and the seconds until another look is worth it (None: as usual)."""

    taken: Sequence[Taken] = ()
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run as it was heard; locked until the transaction ends."""

    run_id: UUID
    event: str
    login: str
    told_before: int
    cause: dict[str, Any]
    cause_tell: int
    recorded: bool

    @property
    def end(self) -> End:
        """Return the run and how it ended."""
        return self.run_id, self.event


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest whose time has come: whom it is for and the alerts it holds, the oldest first."""

    id: UUID
    address: str
    summaries: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Which delivery a report is about."""

    id: UUID
    run_id: UUID | None
    event: str


@dataclass(frozen=True, slots=True)
class Reportable:
    """A delivery as a report finds it; locked until the transaction ends."""

    id: UUID
    state: State
    attempts: int
    reported: str | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An address somebody gave and has not confirmed."""

    user_id: UUID
    login: str
    address: str


@dataclass(slots=True)
class Claimed:
    """How many are to be told now, and how many had been told by an earlier run."""

    pending: int = 0
    told_before: int = 0
    settled: list[NewDelivery] = field(default_factory=list)


class Rows(Protocol):
    """The notifier's tables in one transaction; every method may raise Away."""

    async def claim(self, heard: Collection[Envelope]) -> None:
        """Claim what was not claimed before, all at once, and look up whom it is about.

        `first_time`, `add_ending`, `owners_of` and `stopped` then go through them one by one.
        """
        ...

    async def first_time(self, event: Event) -> bool:
        """Return whether the event is claimed now; False when it was claimed before."""
        ...

    async def owners_of(self, profile_id: UUID) -> Sequence[Owner]:
        """Return who looks after the profile, in the order of their ids."""
        ...

    async def unconfirmed(self, user_id: UUID) -> Unconfirmed | None:
        """Return the address the person has to confirm, if there is one."""
        ...

    async def stopped(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Return those of the addresses to which no mail goes any more."""
        ...

    async def stop(self, fingerprint: str, reason: str, delivery_id: UUID) -> bool:
        """Send nothing more to the address; False when it was stopped already."""
        ...

    async def allow(self, fingerprint: str) -> None:
        """Send to the address again."""
        ...

    async def add_ending(self, event: Ended, cause: Envelope) -> None:
        """Keep the end of a run and the envelope it came in."""
        ...

    async def lock_endings(self, ends: Collection[End]) -> Sequence[Ending]:
        """Return the endings, locked: two last mails at once settle one after the other.

        They are locked in the order of their profiles and runs, so that nobody waits in a ring.
        """
        ...

    async def mark_ending(
        self,
        ending: Ending,
        *,
        told_before: int | None = None,
        cause_tell: int | None = None,
    ) -> None:
        """Change what is given."""
        ...

    async def mark_recorded(self, endings: Collection[Ending]) -> None:
        """Note that what became of everybody is told."""
        ...

    async def lock_recipient(self, recipient: str) -> int:
        """Return how many alerts the recipient got lately; one transaction at a time asks."""
        ...

    async def gathering_digest(self, recipient: str, address: str, fresh_id: UUID) -> UUID:
        """Return the recipient's open digest, locked; one with `fresh_id` is begun when missing."""
        ...

    async def due_digest(self) -> Digest | None:
        """Return a digest whose time has come, locked, that nobody else is closing."""
        ...

    async def close_digest(self, digest_id: UUID, payload: str) -> None:
        """Freeze the digest's mail: from now on it is sent like any other."""
        ...

    async def add(self, row: NewDelivery) -> bool:
        """Add the delivery; False when the recipient has one for this already."""
        ...

    async def take(self, limit: int) -> Took:
        """Lease up to `limit` due mails, each to us alone, as fast as the provider allows."""
        ...

    async def settle(self, tried: Collection[Tried]) -> Sequence[Tried]:
        """Keep what tries came to, and return those whose lease was still ours."""
        ...

    async def hold(self, seconds: float) -> None:
        """Let nobody send for so long: the provider has asked for a pause."""
        ...

    async def counts(self, ends: Collection[End]) -> Mapping[End, Counter[State]]:
        """Return how many deliveries of each end are in which state."""
        ...

    async def placed(self, delivery_id: UUID | None, provider_id: str) -> Placed | None:
        """Return the delivery with this id, or with this id at the provider."""
        ...

    async def reportable(self, delivery_id: UUID) -> Reportable:
        """Return the delivery, locked."""
        ...

    async def keep_report(
        self, row: Reportable, reported: Reported, provider_id: str, *, accepted: bool
    ) -> None:
        """Keep what was reported; `accepted` makes the delivery a delivered one."""
        ...

    async def mails_of(self, user_id: UUID) -> Sequence[Placed]:
        """Return the person's deliveries that wait, or still hold mail or address."""
        ...

    async def blank(self, delivery_id: UUID, reason: str) -> None:
        """Keep neither mail nor address; one that waits is dropped for this reason."""
        ...

    async def tell(self, event: Event) -> None:
        """Tell the event once the transaction has committed."""
        ...


class Store(Protocol):
    """Where rows are kept."""

    def transaction(self) -> AbstractAsyncContextManager[Rows]:
        """Begin, and commit at the end; raise Away when that cannot be done or is not known."""
        ...


def sha256_of(payload: str) -> str:
    """Return the hash that says whether a payload is the one that was frozen."""
    return hashlib.sha256(payload.encode()).hexdigest()
