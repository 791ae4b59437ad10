"""Resend as it can behave: keys kept 24 h to the second, lost answers, pauses, outages, reports."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from resend.exceptions import ResendError

from techub_common.errors import Transient
from techub_notifier.resend_mail import meaning

from .world import HOUR, World

KEY_LIFETIME = 24 * HOUR
REFUSALS = {
    "down": (503, "", "unavailable", {}),
    "limited": (429, "rate_limit_exceeded", "Too many requests", {"retry-after": "240"}),
    "auth": (403, "invalid_api_key", "API key is invalid", {}),
    "address": (422, "validation_error", "Invalid `to` field.", {}),
    "conflict": (409, "invalid_idempotent_request", "Same key, other payload", {}),
    "busy": (409, "concurrent_idempotent_requests", "In progress", {}),
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that goes out."""

    id: str
    key: UUID
    payload: dict[str, Any]
    at: float

    @property
    def to(self) -> str:
        """Return whom it is for."""
        return str(self.payload["to"][0])


@dataclass(slots=True)
class Provider:
    """What is accepted, and what is asked when."""

    world: World
    reports: Callable[[Accepted, str], None]
    accepted: list[Accepted] = field(default_factory=list)
    asked: list[tuple[UUID, float]] = field(default_factory=list)
    conflicts: int = 0
    bad: frozenset[str] = frozenset()
    outages: list[tuple[float, float, str]] = field(default_factory=list)
    lose_rate: float = 0.0
    _keys: dict[UUID, tuple[Accepted, str]] = field(default_factory=dict)
    _busy: set[UUID] = field(default_factory=set)

    def prepare(self) -> None:
        """Let chance decide how bad it will be."""
        rng = self.world.rng
        self.lose_rate = rng.choice((0.0, 0.05, 0.2, 0.6))
        for _ in range(rng.choice((0, 0, 1, 2))):
            start = rng.uniform(0, min(self.world.heals_at, 2 * HOUR))
            length = rng.choice((60.0, HOUR, 22 * HOUR, 30 * HOUR))
            kind = rng.choice(("down", "limited", "auth", "lost", "lost"))
            self.outages.append((start, min(start + length, self.world.heals_at), kind))

    async def send(self, mail: dict[str, Any], key: UUID) -> str:
        """Do what Resend does with a request."""
        world = self.world
        await world.step(world.rng.uniform(0.01, 0.2))
        self.asked.append((key, world.now))
        trouble = next((kind for a, b, kind in self.outages if a <= world.now < b), None)
        if trouble in REFUSALS:
            raise self._refusal(trouble)
        if key in self._busy:
            raise self._refusal("busy")
        if world.chance(0.02):  # we have given up when it arrives
            world.later(world.rng.uniform(1, 60), lambda: self._accept_late(mail, key))
            raise Transient("no answer within 10 s", code="resend_timed_out")
        self._busy.add(key)
        try:
            accepted = self._accept(mail, key)
            await world.step(world.rng.uniform(0.01, 0.3))
        finally:
            self._busy.discard(key)
        if trouble == "lost" or world.chance(self.lose_rate):
            raise Transient("the answer was lost", code="resend_failed")
        return accepted.id

    def _accept_late(self, mail: dict[str, Any], key: UUID) -> None:
        known = self._known(key)
        if mail["to"][0] not in self.bad and known is None:
            self._accept(mail, key)

    def _accept(self, mail: dict[str, Any], key: UUID) -> Accepted:
        if mail["to"][0] in self.bad:
            raise self._refusal("address")
        body = json.dumps(mail, sort_keys=True)
        known = self._known(key)
        if known is not None:
            if known[1] != body:
                self.conflicts += 1
                raise self._refusal("conflict")
            return known[0]
        accepted = Accepted(str(self.world.uuid()), key, mail, self.world.now)
        self.accepted.append(accepted)
        self._keys[key] = (accepted, body)
        if self.world.rng.random() < 0.3:
            kind = self.world.rng.choice(("delivered", "delivered", "delayed", "bounced"))
            wait = self.world.rng.choice((0.05, 5.0, 600.0))
            self.world.later(wait, lambda: self.reports(accepted, kind))
        return accepted

    def _known(self, key: UUID) -> tuple[Accepted, str] | None:
        known = self._keys.get(key)
        return known if known and self.world.now - known[0].at < KEY_LIFETIME else None

    def _refusal(self, kind: str) -> Exception:
        code, name, message, headers = REFUSALS[kind]
        return meaning(ResendError(code, name, message, "", headers=headers))
