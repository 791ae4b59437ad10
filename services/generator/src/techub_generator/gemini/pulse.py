"""Whether Gemini answers: every provider is asked for one token, at most so often."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Literal, Protocol

import structlog
from pydantic import BaseModel

from techub_common.remembering import Recalled, Remembering
from techub_generator.gemini.exchange import Answer, Unanswered
from techub_generator.gemini.providers import Provider, Providers

log = structlog.get_logger()

KEPT_SECONDS: Final = 60.0
LEAST_SECONDS: Final = 10.0
WITHIN_SECONDS: Final = 8.0

Model = Literal["text", "image"]


class Pings(Protocol):
    """What can be pinged: the door, or its stand-in."""

    providers: Providers

    async def ping(
        self, provider: Provider, *, image: bool = False, seconds: float = WITHIN_SECONDS
    ) -> Answer:
        """Return an answer of one token; raise Unanswered."""
        ...


class Beat(BaseModel):
    """What came of asking one provider; the reason is ours, never the provider's own words."""

    provider: str
    model: str
    works: bool
    duration_ms: int
    kind: str | None = None
    reason: str | None = None


class Pulse:
    """Feels Gemini's pulse: kept for a minute, one question at a time, one in ten seconds."""

    def __init__(self, gemini: Pings, clock: Callable[[], float] = time.monotonic) -> None:
        self._gemini = gemini
        self._beats: dict[Model, Remembering[tuple[Beat, ...]]] = {
            model: Remembering(
                lambda model=model: self._felt(model),  # type: ignore[misc]  # the loop's own
                keep=KEPT_SECONDS,
                least=LEAST_SECONDS,
                clock=clock,
            )
            for model in ("text", "image")
        }

    async def feel(self, model: Model, *, fresh: bool = False) -> Recalled[tuple[Beat, ...]]:
        """Return what came of asking every provider there is for such a model, in their order."""
        return await self._beats[model].recall(fresh=fresh)

    async def close(self) -> None:
        """Ask nobody any more."""
        for beats in self._beats.values():
            await beats.close()

    async def _felt(self, model: Model) -> tuple[Beat, ...]:
        providers = self._gemini.providers
        asked = providers.images if model == "image" else providers.text
        beats = await asyncio.gather(*(self._one(provider, model) for provider in asked))
        for beat in beats:
            log.info("gemini_pinged", **beat.model_dump(exclude_none=True))
        return tuple(beats)

    async def _one(self, provider: Provider, model: Model) -> Beat:
        try:
            answer = await self._gemini.ping(
                provider, image=model == "image", seconds=WITHIN_SECONDS
            )
        except Unanswered as error:
            return Beat(
                provider=error.provider,
                model=error.model,
                works=False,
                duration_ms=error.duration_ms,
                kind=error.kind,
                reason=str(error),
            )
        return Beat(
            provider=answer.provider,
            model=answer.model,
            works=True,
            duration_ms=answer.duration_ms,
        )
