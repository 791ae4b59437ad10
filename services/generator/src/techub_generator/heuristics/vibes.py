"""The vibe: what the bio says in whole words, else what the numbers hum."""

import re
from dataclasses import replace
from typing import Final

from techub_generator.heuristics.facts import Leaning
from techub_generator.heuristics.lines import Line, Named
from techub_generator.heuristics.telling import Telling

# The pattern, the line and the tag that goes with it.
SPOKEN: Final = (
    (
        r"oss|open[- ]?source|foss",
        Line("Open Source", "The bio says “{heard}” and means it: the work is there for all."),
        "open-source",
    ),
    (
        r"founder|co-?founder|startups?|entrepreneur",
        Line("Founder", "“{heard}”, says the bio: here things are started on purpose."),
        "founder",
    ),
    (
        r"ai|ml|llms?|machine learning|deep learning|artificial intelligence",
        Line("AI Builder", "The bio drops “{heard}”: somebody is teaching sand to think."),
        "ai",
    ),
    (
        r"security|infosec|pentest(?:er|ing)?|ctf|cryptograph(?:er|y)",
        Line("Lock Whisperer", "“{heard}” in the bio: locks are read the way others read menus."),
        "security",
    ),
    (
        r"sre|devops|infrastructure|platform|kubernetes|cloud",
        Line("Pager Poet", "“{heard}”, says the bio, and somewhere a pager stays quiet."),
        "devops",
    ),
    (
        r"data|statistics|analytics",
        Line("Number Diviner", "The bio says “{heard}”: ask politely, and the figures answer."),
        "data",
    ),
    (
        r"games?|gamedev|unity|unreal|godot",
        Line("World Maker", "“{heard}” in the bio: whole worlds, each with a reset button."),
        "gamedev",
    ),
    (
        r"designer|design|ux|ui|css",
        Line("Pixel Whisperer", "The bio says “{heard}”: a margin off by one can be felt."),
        "design",
    ),
    (
        r"student|learning|beginner|junior|graduate",
        Line("Rising Spark", "“{heard}”, says the bio: superpowers are still being collected."),
        "learner",
    ),
    (
        r"teacher|mentor|professor|educator|instructor",
        Line("Torch Bearer", "The bio says “{heard}”: whatever is learned gets passed on."),
        "mentor",
    ),
    (
        r"music(?:ian)?|guitar(?:ist)?|drummer|piano|dj",
        Line("Rhythm Section", "“{heard}” in the bio: even the commits keep time."),
        "creative",
    ),
    (
        r"coffee|espresso|tea",
        Line("Hot Beverage Mage", "The bio admits to “{heard}”: this engine runs on good stuff."),
        "night-owl",
    ),
)

HUMMED: Final = (
    Line("Many Hands", "Not one person, and it shows in the best way.", Leaning.collective),
    Line(
        "Second Pair of Eyes",
        "Reads what others write, then says what they needed to hear.",
        Leaning.reviewer,
    ),
    Line("Fork Collector", "Nothing interesting passes by without being forked.", Leaning.forker),
    Line("Polyglot", "{tongues} and counting: dinner could be ordered in any.", Leaning.polyglot),
    Line("Full Steam", "{events} of late: this graph needs sunscreen.", Leaning.busy),
    Line("Old Guard", "Here since {year}, and remembers the merge conflicts.", Leaning.veteran),
    Line(
        "One True Love",
        "Could write in anything, and writes in {language}.",
        Leaning.specialist,
    ),
    Line("Fresh Paint", "New here, and already moving the furniture.", Leaning.newcomer),
    Line("Deep Water", "Calm on the surface; below, something is taking shape.", Leaning.quiet),
    Line("Less Is More", "Publishes little and means all of it.", Leaning.minimalist),
)

PLAIN: Final = (
    Line("Builder", "Others open an app; here an editor opens, and something appears."),
    Line("Steady Hands", "No drama, no fireworks: turns up, and the work gets done."),
    Line("Tinkerer", "Cannot leave a thing alone once it is nearly working."),
    Line("Quiet Craft", "Lets the code do the talking, and it speaks in full sentences."),
)

TAGS: Final = {
    "Many Hands": "community",
    "Second Pair of Eyes": "reviewer",
    "Fork Collector": "explorer",
    "Polyglot": "polyglot",
    "Full Steam": "shipper",
    "Old Guard": "veteran",
    "One True Love": "specialist",
    "Fresh Paint": "newcomer",
    "Deep Water": "dreamer",
    "Less Is More": "minimalist",
    "Builder": "builder",
    "Steady Hands": "reliable",
    "Tinkerer": "tinkerer",
    "Quiet Craft": "artisan",
} | {line.name: tag for _, line, tag in SPOKEN}


def vibe_of(telling: Telling) -> Named:
    """Return the vibe of the first pattern the bio matches, else one that the facts allow."""
    for pattern, line, _ in SPOKEN:
        if heard := re.search(rf"\b(?:{pattern})\b", telling.facts.bio, re.IGNORECASE):
            word = heard.group().replace("{", "").replace("}", "")
            return telling.named("vibe", [replace(line, says=line.says.replace("{heard}", word))])
    return telling.named("vibe", (*HUMMED, *PLAIN))
