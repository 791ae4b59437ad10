"""Calls side by side: who ends whom."""

import asyncio

import pytest

from techub_common.errors import Away, Permanent, Transient
from techub_generator.side_by_side import both, side_by_side

NO = Permanent("No.", code="no")


class Call:
    """A call that ends after others had their turn; it remembers whether it came to its end."""

    def __init__(self, turns: int, error: Exception | None = None) -> None:
        self._turns = turns
        self._error = error
        self.ended = False

    async def __call__(self) -> int:
        """Return the turns it took, or fail."""
        for _ in range(self._turns):
            await asyncio.sleep(0)
        self.ended = True
        if self._error:
            raise self._error
        return self._turns


async def test_what_all_return() -> None:
    """Everything comes in the order it was asked for."""
    assert await side_by_side(Call(3)(), Call(1)(), Call(2)()) == [3, 1, 2]
    assert await both(Call(2)(), Call(1)()) == (2, 1)


@pytest.mark.parametrize("error", [NO, Transient("Later.", code="later"), KeyError()])
async def test_a_failure_ends_the_others(error: Exception) -> None:
    """The first to fail is raised as it is, and nobody goes on in vain."""
    other = Call(9)
    with pytest.raises(type(error)) as raised:
        await side_by_side(Call(1, error)(), other())

    assert raised.value is error
    assert not other.ended


async def test_away_ends_nobody() -> None:
    """What is ours and away is raised once the others have ended."""
    other, third = Call(9), Call(4, Away("The road."))
    with pytest.raises(Away):
        await both(side_by_side(Call(1, Away("The store."))(), other()), third())

    assert other.ended
    assert third.ended


async def test_a_failure_after_something_was_away() -> None:
    """A failure counts for more than something of ours that is away."""
    other = Call(9)
    with pytest.raises(Permanent):
        await side_by_side(Call(1, Away("The store."))(), Call(3, NO)(), other())

    assert not other.ended
