"""The vibe: what the bio says in whole words, else what the numbers hum."""

import re
from dataclasses import dataclass
from typing import Final

from techub_generator.heuristics.chance import pick
from techub_generator.heuristics.facts import Facts, Leaning
from techub_generator.heuristics.lines import said


@dataclass(frozen=True, slots=True)
class Vibe:
    """A vibe, the sentence about it and the tag that goes with it."""

    name: str
    description: str
    tag: str


SPOKEN: Final = (
    (
        r"oss|open[- ]?source|foss",
        Vibe(
            "Open Source",
            "The bio says “{heard}” and {name} means it: the work is there for all.",
            "open-source",
        ),
    ),
    (
        r"founder|co-?founder|startups?|entrepreneur",
        Vibe("Founder", "“{heard}”, says the bio: {name} starts things on purpose.", "founder"),
    ),
    (
        r"ai|ml|llms?|machine learning|deep learning|artificial intelligence",
        Vibe(
            "AI Builder", "The bio drops “{heard}”: {name} teaches sand to think, politely.", "ai"
        ),
    ),
    (
        r"security|infosec|pentest(?:er|ing)?|ctf|cryptograph(?:er|y)",
        Vibe(
            "Lock Whisperer",
            "“{heard}” in the bio: {name} reads locks the way others read menus.",
            "security",
        ),
    ),
    (
        r"sre|devops|infrastructure|platform|kubernetes|cloud",
        Vibe(
            "Pager Poet",
            "“{heard}”, says the bio, and somewhere a pager stays quiet for {name}.",
            "devops",
        ),
    ),
    (
        r"data|statistics|analytics",
        Vibe(
            "Data Diviner",
            "The bio says “{heard}”: {name} asks the numbers and they answer.",
            "data",
        ),
    ),
    (
        r"games?|gamedev|unity|unreal|godot",
        Vibe(
            "Game Master",
            "“{heard}” in the bio: {name} builds worlds with a reset button.",
            "gamedev",
        ),
    ),
    (
        r"designer|design|ux|ui|css",
        Vibe(
            "Pixel Whisperer",
            "The bio says “{heard}”: {name} can feel a margin that is off by one.",
            "design",
        ),
    ),
    (
        r"student|learning|beginner|junior|graduate",
        Vibe(
            "Rising Spark",
            "“{heard}”, says the bio: {name} is still collecting superpowers.",
            "learner",
        ),
    ),
    (
        r"teacher|mentor|professor|educator|instructor",
        Vibe(
            "Torch Bearer",
            "The bio says “{heard}”: whatever {name} learns gets passed on.",
            "mentor",
        ),
    ),
    (
        r"music(?:ian)?|guitar(?:ist)?|drummer|piano|dj",
        Vibe(
            "Rhythm Coder",
            "“{heard}” in the bio: even the commits of {name} keep time.",
            "creative",
        ),
    ),
    (
        r"coffee|espresso|tea",
        Vibe(
            "Hot Beverage Mage",
            "The bio admits to “{heard}”: {name} runs on the good stuff.",
            "builder",
        ),
    ),
)

HUMMED: Final = (
    (
        Leaning.collective,
        Vibe("Many Hands", "{name} is not one person, and it shows in the best way.", "community"),
    ),
    (
        Leaning.reviewer,
        Vibe(
            "Second Pair of Eyes",
            "{name} reads what others write, then says what others needed to hear.",
            "reviewer",
        ),
    ),
    (
        Leaning.forker,
        Vibe(
            "Fork Collector", "Nothing interesting passes {name} without being forked.", "explorer"
        ),
    ),
    (
        Leaning.polyglot,
        Vibe(
            "Polyglot", "{tongues} and counting: {name} orders dinner in any of them.", "polyglot"
        ),
    ),
    (
        Leaning.busy,
        Vibe(
            "Full Steam",
            "{events} of late: the contribution graph of {name} needs sunscreen.",
            "builder",
        ),
    ),
    (
        Leaning.veteran,
        Vibe(
            "Old Guard",
            "{name} has been here since {year} and remembers the merge conflicts.",
            "veteran",
        ),
    ),
    (
        Leaning.specialist,
        Vibe(
            "One True Love",
            "{name} could write in anything, and writes in {language}.",
            "specialist",
        ),
    ),
    (
        Leaning.newcomer,
        Vibe("Fresh Paint", "{name} is new here, and already moving the furniture.", "newcomer"),
    ),
    (
        Leaning.quiet,
        Vibe(
            "Deep Water",
            "Still on the surface; {name} is surely building something below.",
            "builder",
        ),
    ),
    (
        Leaning.minimalist,
        Vibe("Less Is More", "{name} publishes little and means all of it.", "minimalist"),
    ),
)

PLAIN: Final = (
    Vibe(
        "Builder",
        "{name} opens an editor the way others open a toolbox: something will get built.",
        "builder",
    ),
    Vibe(
        "Steady Hands", "No drama, no fireworks: {name} turns up and the work gets done.", "builder"
    ),
    Vibe("Tinkerer", "{name} cannot leave a thing alone once it is nearly working.", "tinkerer"),
    Vibe(
        "Quiet Craft",
        "{name} lets the code do the talking, and it speaks in full sentences.",
        "artisan",
    ),
)


def vibe_of(facts: Facts) -> Vibe:
    """Return the vibe of the first pattern the bio matches, else one that the facts allow."""
    for pattern, vibe in SPOKEN:
        if heard := re.search(rf"\b(?:{pattern})\b", facts.bio, re.IGNORECASE):
            return _said(facts, vibe, heard.group())
    hummed = [vibe for leaning, vibe in HUMMED if leaning in facts.leanings]
    return _said(facts, pick(facts.login, "vibe", [*hummed, *hummed, *PLAIN]), "")


def _said(facts: Facts, vibe: Vibe, heard: str) -> Vibe:
    description = vibe.description.replace("{heard}", heard.replace("{", "").replace("}", ""))
    return Vibe(vibe.name, said(facts, description), vibe.tag)
