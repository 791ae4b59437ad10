"""Six tags: languages, topics and a role, written the way one would type them."""

import re
from collections.abc import Iterable
from typing import Final

from techub_common.traits import TAG_COUNT
from techub_generator.heuristics.chance import draw
from techub_generator.heuristics.facts import Facts

MOST: Final = 3
LONGEST: Final = 30
SPELLED: Final = {
    "c++": "cpp",
    "c#": "csharp",
    "f#": "fsharp",
    "q#": "qsharp",
    "f*": "fstar",
    ".net": "dotnet",
    "asp.net": "aspnet",
    "html+erb": "html-erb",
    "vim script": "vimscript",
    "jupyter notebook": "jupyter",
}
COMMON: Final = (
    "developer",
    "coder",
    "builder",
    "maker",
    "engineer",
    "hacker",
    "tinkerer",
    "open-source",
    "maintainer",
    "artisan",
    "problem-solver",
)
SAYS_NOTHING: Final = frozenset(
    (
        "archived",
        "deprecated",
        "hacktoberfest",
        "inactive",
        "obsolete",
        "test",
        "unmaintained",
        "wip",
    )
)
_PARTS: Final = re.compile(r"[a-z0-9]+")


def tags_of(facts: Facts, role: str) -> tuple[str, ...]:
    """Return six different tags: three languages, three topics, the role, then common ones."""
    turn = draw(facts.login, "tags", len(COMMON))
    wanted = [
        *facts.languages[:MOST],
        *_telling(facts.topics),
        role,
        *COMMON[turn:],
        *COMMON[:turn],
    ]
    tags = dict.fromkeys(tag for one in wanted if (tag := tag_of(one)))
    return tuple(tags)[:TAG_COUNT]


def tag_of(text: str) -> str | None:
    """Return the text as a tag of at most three parts; None when it does not make one."""
    plain = text.lower().strip()
    plain = SPELLED.get(plain, plain.replace("+", "p").replace("#", "sharp"))
    parts = _PARTS.findall(plain)
    tag = "-".join(parts)
    return tag if plain.isascii() and 1 <= len(parts) <= MOST and len(tag) <= LONGEST else None


def _telling(topics: Iterable[str]) -> list[str]:
    return [topic for topic in topics if topic not in SAYS_NOTHING and tag_of(topic)][:MOST]
