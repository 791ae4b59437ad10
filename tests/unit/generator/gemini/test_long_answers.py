"""An answer may be long and say anything, for strangers have a word in it: it is read at once."""

import json
from typing import Any

import pytest

from techub_generator.gemini.normal import normal
from techub_generator.gemini.reading import LONGEST, object_in
from techub_generator.heuristics.tags import tag_of
from techub_generator.prose import LONGEST as LONGEST_TEXT
from techub_generator.traits import TEXTS, first_person, flaw, violations
from tests.unit.generator.gemini.answers import GOOD, good
from tests.unit.linear import FAR_TOO_LONG, filled, processor_seconds

PIECES = (
    "\n",
    "```\n",
    "```json \n",
    "``` `",
    ",\n",
    ", ",
    "{",
    '{"a":',
    "*a ",
    " *a",
    "**a",
    "`a",
    "a",
    "a ",
    "1 of ",
    "“",
    "‘",  # noqa: RUF001
    '"a',
    "a.",
    "a-",
    "<a",
    "&#1",
    "\u0301",
)


@pytest.mark.parametrize("piece", PIECES)
def test_looking_for_the_object(piece: str) -> None:
    """Whatever stands where an object should be, it is found that there is none, or one."""
    long = filled(piece, LONGEST - 9) + "!"
    for text in (long, f"```{long}", f"{{{long}", f"{long}```"):
        assert processor_seconds(lambda text=text: object_in(text, GOOD)) < FAR_TOO_LONG


@pytest.mark.parametrize("piece", PIECES)
def test_a_trait(piece: str) -> None:
    """A trait of any length, a suit of cards included, is brought into form and judged."""
    long = filled(piece, LONGEST) + "!"
    answer: dict[str, Any] = {**GOOD, **dict.fromkeys((*TEXTS, "playing_card"), long)}

    def work() -> None:
        violations(normal({**answer, "tags": [long] * 50}), (long[:100], "ada"))

    assert processor_seconds(work) < FAR_TOO_LONG


@pytest.mark.parametrize("piece", PIECES)
def test_a_sentence(piece: str) -> None:
    """A text as long as texts may be is judged at once."""
    long = filled(piece, LONGEST_TEXT - 1) + "!"

    for judge in (flaw, first_person, tag_of):
        assert processor_seconds(lambda judge=judge: judge(long)) < FAR_TOO_LONG


def test_fences() -> None:
    """The object is found in whichever fence it stands, and in one that is never closed."""
    for text in (
        f"```\nno\n```\n```json\n{good()}\n```",
        f"Here: ```{good()}``` and ```more```",
        f"```JSON\n\n{good()}",
        f"```javascript\n{good()}\n```",
    ):
        assert object_in(text, GOOD) == json.loads(good())


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Ada keeps **one** engine and `loops` alive.", "Ada keeps one engine and loops alive."),
        ("*Ada* and *Bob* met.", "Ada and Bob met."),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_emphasis(said: str, plain: str) -> None:
    """Marks of emphasis go, a sign of multiplication stays."""
    assert normal({"long_bio": said})["long_bio"] == plain
