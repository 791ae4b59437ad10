"""Lines with gaps in them, and which of them may be said about whom."""

import string
from dataclasses import dataclass
from functools import cache
from typing import Final, Generic, TypeVar

from techub_generator.heuristics.facts import Facts, Leaning

SUITED: Final = 4

N = TypeVar("N", str, None)


@dataclass(frozen=True, slots=True)
class Line(Generic[N]):
    """A name (where the thing has one), what is said about it, and for whom it is meant.

    A line for a leaning or a language is only for those; one for neither is for everybody.
    """

    name: N
    says: str
    leaning: Leaning | None = None
    language: str | None = None

    def suits(self, facts: Facts) -> bool:
        """Return whether everything the line takes for granted is so."""
        return (
            (self.leaning is None or self.leaning in facts.leanings)
            and (self.language is None or self.language == facts.language)
            and gaps(self.says) <= facts.words.keys()
        )

    @property
    def weight(self) -> int:
        """Return how much likelier the line is where it suits; the pointed one goes first."""
        return SUITED if self.leaning or self.language else 1


@dataclass(frozen=True, slots=True)
class Named:
    """A name and its sentence, filled in."""

    name: str
    description: str


@cache
def gaps(says: str) -> frozenset[str]:
    """Return the words a line leaves open."""
    return frozenset(gap for _, gap, _, _ in string.Formatter().parse(says) if gap)
