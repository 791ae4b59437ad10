"""Nobody is told twice and nobody is forgotten, whatever goes wrong and in whatever order."""

import pytest

from .mutants import MUTANTS, Mutant, catch
from .schedules import Tally, run_schedule

CHUNK = 250
CHUNKS = 4  # `make sim` runs 10,000


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_schedules(chunk: int) -> None:
    """Each of these seeds ends well, and together they were no walk in the park."""
    tally = Tally()
    first = 1 + chunk * CHUNK

    wrong = {
        seed: found[0]
        for seed in range(first, first + CHUNK)
        if (found := run_schedule(seed, tally=tally))
    }

    assert wrong == {}
    assert tally.crashes > CHUNK
    assert tally.requests > tally.accepted > CHUNK
    assert min(tally.retold, tally.losses, tally.parked, tally.digests, tally.reports) > 0


def test_a_seed_repeats_itself() -> None:
    """The same seed is the same schedule, so that a failure can be looked at again."""
    first, second = Tally(), Tally()
    for seed in range(1, 6):
        run_schedule(seed, tally=first)
        run_schedule(seed, tally=second)

    assert first == second


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_planted_bugs_are_caught(mutant: Mutant) -> None:
    """Every planted bug is seen by some schedule."""
    assert catch(mutant) is not None
