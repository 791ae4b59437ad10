"""Answers to costly questions: kept, shared, and never asked for more often than allowed."""

import asyncio
from dataclasses import dataclass, field

import pytest

from techub_common.remembering import Recalled, Remembering


@dataclass
class Question:
    """A question one can count, and make wait or fail."""

    asked: int = 0
    now: float = 100.0
    errors: list[Exception] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> int:
        """Answer with how often it was asked."""
        self.asked += 1
        answer = self.asked
        await self.open.wait()
        if self.errors:
            raise self.errors.pop()
        return answer

    def remembering(self) -> Remembering[int]:
        """Return what remembers its answers for a minute."""
        return Remembering(self, keep=60, least=10, clock=lambda: self.now)


@pytest.fixture
def question() -> Question:
    """Give a question that is answered at once."""
    question = Question()
    question.open.set()
    return question


async def test_kept_for_a_minute(question: Question) -> None:
    """Within the time the answer is the one from before, and says how old it is."""
    answers = question.remembering()
    first = await answers.recall()
    question.now += 59
    kept = await answers.recall()
    question.now += 1

    assert (first, kept) == (Recalled(1, 0.0), Recalled(1, 59.0))
    assert (await answers.recall()) == Recalled(2, 0.0)


async def test_a_crowd_asks_once() -> None:
    """However many want it while it is on its way, it is asked once, and all get it."""
    question = Question()
    answers = question.remembering()
    crowd = [asyncio.create_task(answers.recall(fresh=bool(n % 2))) for n in range(50)]
    await asyncio.sleep(0)
    crowd[0].cancel()
    await asyncio.sleep(0)
    question.open.set()
    got = await asyncio.gather(*crowd, return_exceptions=True)

    assert question.asked == 1
    assert isinstance(got[0], asyncio.CancelledError)
    assert got[1:] == [Recalled(1, 0.0)] * 49


async def test_fresh_answers_have_a_rate(question: Question) -> None:
    """A fresh answer is ten seconds old at most, and no more than one is asked for in that time."""
    answers = question.remembering()
    for _ in range(100):
        await answers.recall(fresh=True)
        question.now += 1

    assert question.asked == 10


async def test_errors_are_not_kept(question: Question) -> None:
    """Whoever waits hears of the error; who comes after it asks anew."""
    question.errors.append(ValueError("no"))
    answers = question.remembering()
    with pytest.raises(ValueError, match="no"):
        await answers.recall()

    assert (await answers.recall()) == Recalled(2, 0.0)


async def test_a_question_under_way_can_be_ended() -> None:
    """Closing ends it, and who waits for it is not left waiting."""
    question = Question()
    answers = question.remembering()
    waiting = asyncio.create_task(answers.recall())
    await asyncio.sleep(0)
    await answers.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
