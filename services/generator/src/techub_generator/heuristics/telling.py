"""What one card says, as it is being said: no line twice, and no word a fourth time."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from techub_generator.heuristics.chance import weighted
from techub_generator.heuristics.facts import Facts
from techub_generator.heuristics.lines import Line, N, Named
from techub_generator.prose import cut

OFTEN: Final = 3
LONGEST_SENTENCE: Final = 280
SMALL_WORDS: Final = """
a about after again all along always an and another any are as at back be because been
before below but by can cannot could do does done down each even ever every first for
from get gets goes had has have here how if in into is it its just left less like made
means more most much never new next no nobody not nothing now of off on once one only or
other others out over own quite s said same says so some somebody something somewhere
still such than that the their them themselves then there they this those though three
through to too two under until up was were what when where which while who will with
without would yet
"""
UNHEARD: Final = frozenset(SMALL_WORDS.split())
_WORD: Final = re.compile(r"[^\W_]+")


class Telling:
    """Draws lines for one person, and remembers the words of everything that was said.

    Person-given text counts too; where it alone is repetitive, the line that repeats least wins.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._heard: Counter[str] = Counter()
        self._told: set[str] = set()

    def hear(self, *texts: str) -> None:
        """Remember the words of what stands on the card already."""
        for text in texts:
            self._heard.update(_words(text))

    def named(self, what: str, lines: Sequence[Line[str]]) -> Named:
        """Return a name and its sentence for this person."""
        line, sentence = self._drawn(what, lines)
        return Named(line.name, sentence)

    def spoken(self, what: str, lines: Sequence[Line[None]], limit: int = LONGEST_SENTENCE) -> str:
        """Return one sentence of at most `limit` characters for this person."""
        return self._drawn(what, lines, limit)[1]

    def fullest(self, what: str, groups: Sequence[Sequence[Line[None]]]) -> str:
        """Return a sentence of the first group that has one left which fits and repeats nothing."""
        for group in groups[:-1]:
            if any(self._excess(*self._filled(line)) == 0 for line in self._suiting(group)):
                return self.spoken(what, group)
        return self.spoken(what, groups[-1])

    def repeats(self, text: str) -> bool:
        """Return whether the text would say some word once too often."""
        return self._excess(text) > 0

    def _drawn(
        self, what: str, lines: Sequence[Line[N]], limit: int = LONGEST_SENTENCE
    ) -> tuple[Line[N], str]:
        left = {line: line.weight for line in self._suiting(lines)}
        drawn: list[tuple[int, Line[N], str]] = []
        while left:
            line = weighted(self.facts.login, f"{what}{len(drawn) or ''}", left)
            name, sentence = self._filled(line, limit)
            excess = self._excess(name, sentence)
            drawn.append((excess, line, sentence))
            if not excess:
                break
            del left[line]
        _, line, sentence = min(drawn, key=lambda one: one[0])
        self._told.add(line.says)
        self.hear(line.name or "", sentence)
        return line, sentence

    def _suiting(self, lines: Sequence[Line[N]]) -> list[Line[N]]:
        return [one for one in lines if one.suits(self.facts) and one.says not in self._told]

    def _filled(self, line: Line[N], limit: int = LONGEST_SENTENCE) -> tuple[str, str]:
        return line.name or "", cut(line.says.format_map(self.facts.words), limit)

    def _excess(self, *texts: str) -> int:
        """Return how many words too many the texts would bring."""
        said = Counter(_words(" ".join(texts)))
        return sum(max(0, self._heard[word] + times - OFTEN) for word, times in said.items())


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in UNHEARD]
