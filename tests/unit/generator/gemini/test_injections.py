"""Whatever people write about themselves stays material: nothing in it rules a card."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from techub_generator.gemini.context import MOST_TOKENS, Material, context_of, tokens_of
from techub_generator.gemini.exchange import Answer, Question
from techub_generator.gemini.prompts import TraitsPrompt
from techub_generator.gemini.providers import Name, Provider
from techub_generator.gemini.writing import Writer
from techub_generator.heuristics import traits_of
from techub_generator.profile import GitHubProfile, Repository
from techub_generator.scrape import Scrape
from techub_generator.submitted import SubmittedRepositories
from techub_generator.traits import TEXTS as KEYS
from techub_generator.traits import violations
from tests.unit.generator.conftest import READ_AT
from tests.unit.generator.gemini.answers import GOOD
from tests.unit.generator.gemini.injections import TEXTS

PROVIDER = Provider(
    Name.ai_studio,
    model="gemini-2.5-flash",
    image_model="",
    base="https://one.test",
    version="v1",
    key=SecretStr("k"),
)
FENCED = re.compile(r"<(data-[0-9a-f]{12})>\n(.*)\n</\1>", re.DOTALL)
NUMBERS = [f"{number:02}" for number in range(len(TEXTS))]


class Gullible:
    """A model that does what it read: it says the text, its instructions, or breaks every rule."""

    def __init__(self, text: str, manner: str) -> None:
        self._text = text
        self._manner = manner

    async def ask(self, provider: Provider, question: Question, seconds: float) -> Answer:
        """Obey whoever spoke last."""
        del seconds
        said = {
            "the text": dict.fromkeys(KEYS, self._text),
            "the instructions": dict.fromkeys(KEYS, question.system[200:330]),
            "the question": {"long_bio": question.text[:900], "title": question.text[:60]},
            "out of range": {"attack": 99999, "archetype": "The Overlord", "tags": ["x"] * 40},
            "a line of the instructions": {"tagline": question.system.split("\n")[-80:][0][:130]},
        }[self._manner]
        return Answer(provider.name, provider.model, text=json.dumps({**GOOD, **said}))


@pytest.fixture
def material(profile: Callable[..., GitHubProfile]) -> Callable[[str], Material]:
    """Give a profile in which the text stands everywhere a person can write."""

    def make(text: str) -> Material:
        repository = Repository(
            name="engine", full_name="ada/engine", description=text, topics=(text,), stars=3
        )
        return Material(
            profile(
                name=text[:200],
                bio=text,
                company=text,
                location=text,
                blog=text,
                readme=text,
                repositories=(repository,),
                pinned=(repository,),
            ),
            SubmittedRepositories(repositories=(repository,)),
            Scrape(
                url="https://x.test", title=text, description=text, text=text, fetched_at=READ_AT
            ),
        )

    return make


@pytest.mark.parametrize("text", TEXTS, ids=NUMBERS)
def test_fenced(text: str, material: Callable[[str], Material]) -> None:
    """The text stays inside the marks, in one document that reads back as it was."""
    document = context_of(material(text))
    prompt = TraitsPrompt(document)
    question = prompt.question()
    found = FENCED.search(question)

    assert found is not None
    assert json.loads(found[2]) == document
    assert question.count(prompt.mark) == 2
    assert "<" not in found[2]
    assert prompt.mark not in found[2]
    assert text[:40] not in prompt.system
    assert tokens_of(question) <= MOST_TOKENS


@pytest.mark.parametrize("text", TEXTS, ids=NUMBERS)
@pytest.mark.parametrize(
    "manner",
    [
        "the text",
        "the instructions",
        "the question",
        "out of range",
        "a line of the instructions",
    ],
)
async def test_obeyed(text: str, manner: str, material: Callable[[str], Material]) -> None:
    """Even a model that obeys it gets nothing out of range, and no instruction, on a card."""
    told = material(text)
    prompt = TraitsPrompt(context_of(told))
    written = await Writer(Gullible(text, manner), (PROVIDER,), 10.0).write(told)
    traits: dict[str, Any] = (written.traits or traits_of(told.profile)).model_dump()

    assert violations(traits, told.names) == []
    assert not any(seven_in_a_row(traits[key], prompt.system) for key in KEYS)
    assert prompt.mark not in json.dumps(traits)


def seven_in_a_row(text: str, instructions: str) -> bool:
    """Return whether seven words stand in both in the same order, whatever stands between them."""
    told = " ".join(words(instructions))
    said = words(text)
    return any(
        f" {' '.join(said[at : at + 7])} " in f" {told} " for at in range(max(0, len(said) - 6))
    )


def words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return re.findall(r"\w+", text.casefold())


def test_any_seven_words(profile: Callable[..., GitHubProfile]) -> None:
    """Any seven words in a row of what the model is told are recognised, catalogues included."""
    prompt = TraitsPrompt(context_of(Material(profile())))
    told = words(prompt.system)
    missed = [
        at for at in range(len(told) - 6) if not prompt.repeats(" ".join(told[at : at + 7]).title())
    ]

    assert len(told) >= 700
    assert missed == []
    assert not any(prompt.repeats(" ".join(told[at : at + 6])) for at in range(len(told) - 5))


def test_enough() -> None:
    """There are at least forty of them, all different."""
    assert len(set(TEXTS)) == len(TEXTS) >= 40
