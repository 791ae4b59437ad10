"""Archetype and spirit animal: drawn by the login from an urn filled by the facts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from techub_common.traits import ARCHETYPES, SPIRIT_ANIMALS
from techub_generator.heuristics.chance import weighted
from techub_generator.heuristics.facts import Facts, Leaning

BY_LEANING: Final = 2
BY_LANGUAGE: Final = 4
BY_BIO: Final = 8

ARCHETYPES_FOR: Final[Mapping[Leaning, tuple[str, ...]]] = {
    Leaning.newcomer: ("The Innocent", "The Jester"),
    Leaning.veteran: ("The Sage", "The Everyman"),
    Leaning.celebrated: ("The Magician", "The Hero"),
    Leaning.starred: ("The Creator", "The Hero"),
    Leaning.followed: ("The Ruler", "The Jester"),
    Leaning.polyglot: ("The Explorer", "The Magician"),
    Leaning.specialist: ("The Lover", "The Sage"),
    Leaning.prolific: ("The Creator", "The Jester"),
    Leaning.minimalist: ("The Innocent", "The Lover"),
    Leaning.joiner: ("The Ruler", "The Everyman"),
    Leaning.busy: ("The Hero", "The Caregiver"),
    Leaning.quiet: ("The Innocent", "The Outlaw"),
    Leaning.forker: ("The Outlaw", "The Explorer"),
    Leaning.archivist: ("The Caregiver", "The Ruler"),
    Leaning.collective: ("The Ruler", "The Everyman"),
    Leaning.reviewer: ("The Caregiver", "The Sage"),
}

ARCHETYPES_IN_BIO: Final[Mapping[str, str]] = {
    "student|beginner|junior|newbie|optimist": "The Innocent",
    "team|collaborat(?:e|or|ion)|volunteer|neighbou?r": "The Everyman",
    "sre|on-call|reliability|lead|captain": "The Hero",
    "hacker|rebel|anarchist|pirate|punk|security": "The Outlaw",
    "curious|explorer|nomad|travell?er|wanderer|research(?:er)?": "The Explorer",
    "maker|artist|designer|creator|inventor|musician|writer": "The Creator",
    "founder|ceo|cto|owner|director|president": "The Ruler",
    "wizard|magician|magic|sorcer(?:er|y)|alchemist|compilers?": "The Magician",
    "love|lover|passionate|users?|ux|accessibility": "The Lover",
    "maintainer|docs|documentation|support|parent|dad|mum|mom": "The Caregiver",
    "fun|funny|joke[sr]?|memes?|shitpost(?:er|ing)?|clown": "The Jester",
    "teacher|mentor|professor|scientist|phd|philosopher|historian": "The Sage",
}

ANIMALS_FOR_LANGUAGE: Final[Mapping[str, tuple[str, ...]]] = {
    "Ruby": ("Wombat", "Quokka", "Possum", "Loftbubu"),
    "JavaScript": ("Kookaburra", "Sugar Glider", "Magpie", "Cockatoo"),
    "TypeScript": ("Kookaburra", "Frilled-neck Lizard", "Wallaby", "Cassowary"),
    "Go": ("Emu", "Kangaroo", "Dingo", "Bilby"),
    "Python": ("Platypus", "Danger Noodle", "Taipan", "Tiger Snake"),
    "Jupyter Notebook": ("Platypus", "Flying Fox", "Tiger Snake"),
    "Rust": ("Blue-ringed Octopus", "Echidna", "Redback Spider"),
    "C": ("Saltwater Crocodile", "Stonefish", "Goanna"),
    "C++": ("Great White Shark", "Saltwater Crocodile", "Box Jellyfish"),
    "C#": ("Cassowary", "Wedge-tailed Eagle", "Wallaby"),
    "Java": ("Koala", "Wombat", "Bandicoot"),
    "Kotlin": ("Sugar Glider", "Koala", "Bilby"),
    "Swift": ("Flying Fox", "Kangaroo", "Wedge-tailed Eagle"),
    "PHP": ("Possum", "Tasmanian Devil", "Emu"),
    "Shell": ("Bandicoot", "Funnel-web Spider", "Goanna"),
    "HTML": ("Quokka", "Magpie", "Cockatoo"),
    "CSS": ("Frilled-neck Lizard", "Quokka", "Sugar Glider"),
    "Perl": ("Echidna", "Danger Noodle", "Possum"),
    "Lua": ("Bilby", "Loftbubu", "Flying Fox"),
    "Haskell": ("Platypus", "Box Jellyfish", "Flying Fox"),
    "Elixir": ("Kangaroo", "Box Jellyfish", "Taipan"),
}

ANIMALS_FOR: Final[Mapping[Leaning, tuple[str, ...]]] = {
    Leaning.newcomer: ("Quokka", "Wallaby", "Loftbubu"),
    Leaning.veteran: ("Saltwater Crocodile", "Possum", "Echidna"),
    Leaning.celebrated: ("Great White Shark", "Wedge-tailed Eagle"),
    Leaning.starred: ("Taipan", "Cockatoo"),
    Leaning.followed: ("Wedge-tailed Eagle", "Cassowary"),
    Leaning.polyglot: ("Magpie", "Sugar Glider", "Platypus"),
    Leaning.specialist: ("Koala", "Tiger Snake"),
    Leaning.prolific: ("Emu", "Tasmanian Devil"),
    Leaning.minimalist: ("Blue-ringed Octopus", "Bilby"),
    Leaning.joiner: ("Redback Spider", "Dingo"),
    Leaning.busy: ("Tasmanian Devil", "Kangaroo"),
    Leaning.quiet: ("Stonefish", "Koala"),
    Leaning.forker: ("Danger Noodle", "Magpie"),
    Leaning.archivist: ("Wombat", "Goanna"),
    Leaning.collective: ("Flying Fox", "Dingo"),
    Leaning.reviewer: ("Bandicoot", "Funnel-web Spider"),
}


def archetype_of(facts: Facts) -> str:
    """Return the archetype; every one is possible, those that fit are likelier."""
    urn = Counter(ARCHETYPES)
    _add(urn, BY_LEANING, (kind for leaning in facts.leanings for kind in ARCHETYPES_FOR[leaning]))
    _add(
        urn,
        BY_BIO,
        (
            kind
            for words, kind in ARCHETYPES_IN_BIO.items()
            if re.search(rf"\b(?:{words})\b", facts.bio, re.IGNORECASE)
        ),
    )
    return _drawn(facts, "archetype", urn, ARCHETYPES)


def animal_of(facts: Facts) -> str:
    """Return the spirit animal; every one is possible, those that fit are likelier."""
    urn = Counter(SPIRIT_ANIMALS)
    _add(urn, BY_LEANING, (kind for leaning in facts.leanings for kind in ANIMALS_FOR[leaning]))
    _add(urn, BY_LANGUAGE, ANIMALS_FOR_LANGUAGE.get(facts.language or "", ()))
    return _drawn(facts, "animal", urn, SPIRIT_ANIMALS)


def _add(urn: Counter[str], weight: int, kinds: Iterable[str]) -> None:
    for kind in kinds:
        urn[kind] += weight


def _drawn(facts: Facts, what: str, urn: Counter[str], order: tuple[str, ...]) -> str:
    return weighted(facts.login, what, {kind: urn[kind] for kind in order})
