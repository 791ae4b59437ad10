"""A card is asked for until there is one that holds, or nobody is left to ask.

At most three calls that cost something, of them at most one once a schema was refused, all within
the deadline. Every provider gets two chances: an answer that breaks the rules is asked again with
what was wrong, then it is the next one's turn.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from techub_common.events import ModelCall
from techub_common.traits import CardTraits
from techub_generator.gemini.context import Material, context_of
from techub_generator.gemini.exchange import Answer, Exchange, Kind, Question, Unanswered
from techub_generator.gemini.manner import Manner
from techub_generator.gemini.prompts import TRAITS_VERSION, TraitsPrompt
from techub_generator.gemini.providers import Name, Provider
from techub_generator.gemini.schema import Dialect
from techub_generator.gemini.sitting import Sitting

log = structlog.get_logger()

CHANCES: Final = 2
SHARE: Final = 0.6  # of the time left, for one who is not the last to be asked
SHORTEST: Final = 0.2  # seconds; there is no sense in asking with less
PATIENCE: Final = 5.0  # seconds worth waiting when told to come back later
PAUSE: Final = 30.0  # seconds nobody is asked who named no time to come back
LONGEST_PAUSE: Final = 600.0
BACK_OFF: Final = 0.5


class Asks(Protocol):
    """What answers questions: the door, or its stand-in."""

    async def ask(self, provider: Provider, question: Question, seconds: float) -> Answer:
        """Return the answer within that time; raise Unanswered."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: the traits and who wrote them, or why there are none; and every call.

    The n-th of `exchanges` is what was said in the n-th of `calls`.
    """

    traits: CardTraits | None
    calls: tuple[ModelCall, ...]
    exchanges: tuple[Exchange, ...]
    input_hash: str
    prompt_version: str = TRAITS_VERSION
    reason: str | None = None

    @property
    def by(self) -> ModelCall:
        """Return the call that brought the traits."""
        return self.calls[-1]


class Writer:
    """Asks models for cards, and remembers what it learned of them: dialects, and pauses."""

    def __init__(
        self,
        asks: Asks,
        providers: tuple[Provider, ...],
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.providers = providers
        self.deadline = deadline
        self._asks = asks
        self._clock = clock
        self._sleep = sleep
        self._dialects: dict[Name, Dialect] = {}
        self._proven: set[Name] = set()
        self._pauses: dict[Name, float] = {}

    def input_hash(self, material: Material) -> str:
        """Return the digest of what a model would be told."""
        return TraitsPrompt(context_of(material)).input_hash

    async def write(self, material: Material) -> Written:
        """Return valid traits, or why there are none; it raises nothing and ends in time."""
        sitting = Sitting(material, self._clock() + self.deadline)
        traits = None
        for number, provider in enumerate(self.providers, 1):
            traits = await self._asked(sitting, provider, last=number == len(self.providers))
            if traits is not None or sitting.paid_left <= 0:
                break
        return Written(
            traits=traits,
            calls=tuple(sitting.calls),
            exchanges=tuple(sitting.exchanges),
            input_hash=self.input_hash(material),
            reason=None if traits else sitting.reason,
        )

    async def _asked(
        self, sitting: Sitting, provider: Provider, *, last: bool
    ) -> CardTraits | None:
        """Return the traits one provider wrote, None when it had its chances."""
        name, chances = provider.name, CHANCES
        manner: Manner | None = Manner(
            dialect=self._dialects.get(name, Dialect.ranged),
            proven=name in self._proven,
            plain=sitting.plain,
        )
        while manner is not None and chances > 0 and sitting.paid_left > 0:
            left = self._left(sitting, name)
            if left < SHORTEST:
                break
            prompt = sitting.prompt(plain=manner.plain)
            question = manner.put(prompt)
            try:
                answer = await self._asks.ask(provider, question, left if last else left * SHARE)
            except Unanswered as error:
                sitting.failed(error, question)
                chances -= error.kind is not Kind.schema_refused
                manner = self._learned(error, manner)
                if chances > 0 and not await self._came_round(error, sitting):
                    break
                continue
            chances -= 1
            traits, wrong = sitting.judge(answer, question, prompt)
            if traits is not None:
                self._dialects[name] = manner.dialect
                self._proven.add(name)
                return traits
            log.info("traits_invalid", provider=name, violations=wrong[:20])
            manner = manner.corrected(answer.text, wrong)
        return None

    def _left(self, sitting: Sitting, name: Name) -> float:
        """Return the seconds there are to ask this provider; none while it is paused."""
        left = sitting.ends - self._clock()
        if left < SHORTEST:
            sitting.reasons.setdefault(name, f"there was no time left to ask {name.spoken}")
        elif self._pauses.get(name, 0.0) > self._clock():
            sitting.reasons.setdefault(name, f"{name.spoken} asked us to wait")
            return 0.0
        return left

    def _learned(self, error: Unanswered, manner: Manner) -> Manner | None:
        """Return how to ask next; a refused dialect and a pause are remembered for every card."""
        following = manner.after(error)
        if error.kind is Kind.schema_refused and following is not None:
            self._dialects[error.provider] = following.dialect
            self._proven.discard(error.provider)
            log.warning(
                "gemini_dialect_changed",
                provider=error.provider,
                dialect=following.dialect.name,
            )
        if error.kind is Kind.rate_limited:
            pause = min(PAUSE if error.retry_after is None else error.retry_after, LONGEST_PAUSE)
            self._pauses[error.provider] = self._clock() + pause
        return following

    async def _came_round(self, error: Unanswered, sitting: Sitting) -> bool:
        """Wait where that may help, and return whether it makes sense to ask again."""
        left = sitting.ends - self._clock() - SHORTEST
        if error.kind is Kind.rate_limited:
            wait = error.retry_after
            if wait is None or wait > min(PATIENCE, left):
                return False
            await self._sleep(wait)
            self._pauses.pop(error.provider, None)
        if error.kind is Kind.unavailable:
            await self._sleep(min(max(left, 0.0), BACK_OFF * random.uniform(0.5, 1.5)))  # noqa: S311
        return True
