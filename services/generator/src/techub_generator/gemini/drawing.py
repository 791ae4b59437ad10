"""A picture is drawn, or it is said why not: two chances, and once more in plainer words.

Who refuses a field of the question leaves it to the next provider, and is left out for an hour.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from techub_common.events import ModelCall
from techub_generator.gemini.art import ArtPrompt
from techub_generator.gemini.calls import ANSWERED, INVALID, call_of
from techub_generator.gemini.exchange import Answer, Kind, Picture, Question, Unanswered
from techub_generator.gemini.providers import Name, Provider
from techub_generator.pictures import Picture as Seen
from techub_generator.pictures import seen

log = structlog.get_logger()

PURPOSE: Final = "artwork"
CHANCES: Final = 2
SECONDS: Final = 50.0
SHORTEST: Final = 0.2
PATIENCE: Final = 5.0  # seconds worth waiting when told to come back later
PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 600.0
BACK_OFF: Final = 0.5
REMEMBERED: Final = 3600.0  # seconds one who refused a field is not asked again
MOST_BYTES: Final = 4 * 1024 * 1024  # what the optimizer opens
AGAIN: Final = (Kind.unavailable, Kind.empty, Kind.unreadable, Kind.truncated)
MINDED: Final = (Kind.blocked, Kind.recited)


class Draws(Protocol):
    """What draws: the door, or its stand-in."""

    async def draw(
        self, provider: Provider, question: Question, aspect_ratio: str, seconds: float
    ) -> Answer:
        """Return the picture within that time; raise Unanswered."""
        ...


@dataclass(slots=True)
class Drawn:
    """A picture with what its head says of it and who drew it, or why there is none."""

    picture: Picture | None = None
    head: Seen | None = None
    by: Name | None = None
    model: str | None = None
    calls: list[ModelCall] = field(default_factory=list)
    reason: str | None = None


class Drawer:
    """Asks models for pictures, and remembers who refused a field and who asked for a pause."""

    def __init__(
        self,
        draws: Draws,
        providers: tuple[Provider, ...],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.providers = providers
        self._draws = draws
        self._clock = clock
        self._sleep = sleep
        self._refused: dict[Name, float] = {}
        self._pauses: dict[Name, float] = {}

    async def draw(self, prompt: ArtPrompt, seconds: float = SECONDS) -> Drawn:
        """Return the picture, or why there is none; it raises nothing and ends in time."""
        drawn, ends = Drawn(), self._clock() + seconds
        asked = self._asked()
        for place, provider in enumerate(asked, 1):
            if not await self._refuses(provider, prompt, drawn, ends) or place == len(asked):
                break
            log.warning("artwork_provider_changed", provider=provider.name, then=asked[place].name)
        return drawn

    def _asked(self) -> list[Provider]:
        """Return whom to ask; one who refused lately only when there is nobody else."""
        now = self._clock()
        willing = [one for one in self.providers if self._refused.get(one.name, 0.0) <= now]
        return willing or list(self.providers[-1:])

    async def _refuses(
        self, provider: Provider, prompt: ArtPrompt, drawn: Drawn, ends: float
    ) -> bool:
        """Ask one provider until its chances are gone; return whether it refused a field."""
        plain = False
        for left_over in range(CHANCES - 1, -1, -1):
            left = ends - self._clock()
            if left < SHORTEST:
                drawn.reason = drawn.reason or "there was no time left"
                return False
            if self._pauses.get(provider.name, 0.0) > self._clock():
                drawn.reason = drawn.reason or f"{provider.name.spoken} asked us to wait"
                return False
            question = prompt.question(plain=plain)
            try:
                answer = await self._draws.draw(provider, question, prompt.form.ratio, left)
            except Unanswered as error:
                drawn.calls.append(call_of(error, error.kind, PURPOSE))
                drawn.reason = str(error).rstrip(".")
                if error.kind is Kind.schema_refused:
                    self._refused[provider.name] = self._clock() + REMEMBERED
                    return True
                if not await self._came_round(error, ends, last=left_over == 0):
                    return False
                plain = plain or error.kind in MINDED
                continue
            if self._kept(answer, drawn):
                return False
        return False

    def _kept(self, answer: Answer, drawn: Drawn) -> bool:
        """Take down an answer; return whether that settles it: a picture, or one too large."""
        content = answer.picture.content if answer.picture else b""
        head = seen(content)
        wrong = _wrong(content, head)
        drawn.calls.append(call_of(answer, INVALID if wrong else ANSWERED, PURPOSE))
        if head is None or wrong:
            drawn.reason = f"{answer.provider.spoken} drew {wrong}"
            return head is not None
        drawn.picture, drawn.head, drawn.reason = Picture(content, head.mime), head, None
        drawn.by, drawn.model = answer.provider, answer.model
        return True

    async def _came_round(self, error: Unanswered, ends: float, *, last: bool) -> bool:
        """Wait where that may help, and return whether it makes sense to ask again."""
        left = ends - self._clock() - SHORTEST
        if error.kind is Kind.rate_limited:
            wait = PAUSE if error.retry_after is None else error.retry_after
            if last or wait > min(PATIENCE, left):
                self._pauses[error.provider] = self._clock() + min(wait, LONGEST_PAUSE)
                return False
            await self._sleep(wait)
            return True
        if last or error.kind not in (*AGAIN, *MINDED):
            return False
        if error.kind is Kind.unavailable:
            await self._sleep(min(max(left, 0.0), BACK_OFF * random.uniform(0.5, 1.5)))  # noqa: S311
        return True


def _wrong(content: bytes, head: Seen | None) -> str | None:
    if head is None:
        return "something that is no picture"
    if len(content) > MOST_BYTES:
        return f"a picture of {len(content) / 1024 / 1024:.1f} MB, which is more than we open"
    if head.too_large:
        return f"a picture of {head.width} by {head.height} pixels, which is more than we open"
    return None
