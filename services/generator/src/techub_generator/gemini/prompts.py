"""The prompts: versioned template files, filled with what a card is written from.

A change of wording is a new folder and a new version, so that a card can always say which words it
was asked with.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from string import Template
from typing import Any, Final

from techub_common.traits import ARCHETYPES, SPIRIT_ANIMALS

TRAITS_VERSION: Final = "traits-2"
DESCRIPTION_VERSION: Final = "description-1"
LONGEST_ANSWER: Final = 6000
RUN_OF_WORDS: Final = 7

ARCHETYPE_SENSES: Final = dict(
    zip(
        ARCHETYPES,
        (
            "optimism and simplicity",
            "the grounded anchor of a team",
            "delivers under pressure",
            "breaks convention",
            "curious and broad",
            "craft and imagination",
            "direction and standards",
            "makes complexity look easy",
            "puts people first",
            "documentation, tests and support",
            "playful energy",
            "seeks truth and teaches it",
        ),
        strict=True,
    )
)
ANIMAL_SENSES: Final = dict(
    zip(
        SPIRIT_ANIMALS,
        (
            "chaotic and clever",
            "sees the whole landscape",
            "an unorthodox generalist",
            "momentum",
            "adaptable",
            "a patient strategist",
            "networks and edge cases",
            "guards boundaries",
            "calm craft",
            "morale and good interfaces",
            "finishes what it bites",
            "scrappy, unblocks others",
            "keeps shipping",
            "protective interfaces",
            "small but potent",
            "defensive code",
            "switches context with ease",
            "a curator",
            "warms up, then refactors",
            "precise and fast refactors",
            "unseen edge cases",
            "laughs off bugs",
            "balanced",
            "a craftsman of the night",
            "digs for root causes",
            "builds foundations",
            "patterns and tests",
            "guards against misuse",
            "security",
            "raises the alarm",
            "outlives every legacy system",
            "maps long distances",
            "a mischievous toy mascot",
        ),
        strict=True,
    )
)

_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class TraitsPrompt:
    """The words a card is asked for with, about one document."""

    document: Mapping[str, Any]
    version: str = TRAITS_VERSION

    @cached_property
    def input_hash(self) -> str:
        """Return the digest of everything the model is told."""
        told = f"{self.version}\n{template(self.version, 'system')}\n{self._json}"
        return hashlib.sha256(told.encode()).hexdigest()

    @cached_property
    def system(self) -> str:
        """Return the system instruction."""
        return Template(template(self.version, "system")).substitute(
            mark=self.mark,
            animals=_listed(ANIMAL_SENSES),
            archetypes=_listed(ARCHETYPE_SENSES),
        )

    def question(self) -> str:
        """Return the question with the document between its marks."""
        return self._question("")

    def again(self, answer: str, violations: Sequence[str]) -> str:
        """Return the question after an answer that broke the rules, which it includes and names."""
        note = Template(template(self.version, "again")).substitute(
            answer_mark=f"answer-{self.mark}",
            answer=_fenced(answer[:LONGEST_ANSWER]),
            violations="\n".join(f"- {violation}" for violation in violations[:20]),
        )
        return self._question(note)

    def in_own_words(self) -> str:
        """Return the question after an answer that repeated a known text."""
        return self._question(template(self.version, "own-words"))

    def repeats(self, text: str) -> bool:
        """Return whether seven words in a row of the instructions, or a mark, stand in the text."""
        said = _runs_of(text)
        return self.mark in text or not (
            self._told.isdisjoint(said) and _templates(self.version).isdisjoint(said)
        )

    @cached_property
    def mark(self) -> str:
        """Return what stands around the document: no text in it can hold its own digest."""
        return f"data-{self.input_hash[:12]}"

    @cached_property
    def _told(self) -> frozenset[tuple[str, ...]]:
        """Return the instructions as they are told, with what fills their gaps."""
        return _runs_of(self.system)

    @cached_property
    def _json(self) -> str:
        return _fenced(json.dumps(self.document, ensure_ascii=False, separators=(",", ":")))

    def _question(self, note: str) -> str:
        return Template(template(self.version, "question")).substitute(
            mark=self.mark, document=self._json, note=note
        )


@cache
def template(version: str, name: str) -> str:
    """Return the text of a template file."""
    return (files(__package__) / "wording" / version / f"{name}.txt").read_text("utf-8")


@cache
def _templates(version: str) -> frozenset[tuple[str, ...]]:
    names = ("question", "again", "own-words")
    return frozenset().union(*(_runs_of(template(version, name)) for name in names))


def _fenced(text: str) -> str:
    """Return JSON in which no mark can begin or end: a bracket is as good escaped."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _runs_of(text: str) -> frozenset[tuple[str, ...]]:
    words = [word.casefold() for word in _WORDS.findall(text)]
    return frozenset(
        tuple(words[at : at + RUN_OF_WORDS]) for at in range(len(words) - RUN_OF_WORDS + 1)
    )


def _listed(senses: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {sense}" for name, sense in senses.items())
