"""A thousand sittings with providers that answer anything at all: every one ends in a card."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import httpx
import pytest
from google.oauth2.credentials import Credentials
from pydantic import SecretStr

from techub_generator.gemini.context import Material
from techub_generator.gemini.door import Gemini, open_gemini
from techub_generator.gemini.providers import Name, Provider, Providers
from techub_generator.gemini.writing import Writer
from techub_generator.heuristics import traits_of
from techub_generator.profile import GitHubProfile
from techub_generator.traits import violations
from tests.unit.generator.gemini.answers import SOUND, UNSOUND, WIRES, said
from tests.unit.generator.gemini.virtual_time import run

SITTINGS = 252  # with each order of providers
WITH_EACH = 4
DEADLINE = 40.0
BROKEN = (
    httpx.ConnectError("refused"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("hung up"),
    httpx.ReadTimeout("slow"),
)
MODELS = {"model": "gemini-2.5-flash", "image_model": "gemini-2.5-flash-image"}
STUDIO = Provider(
    Name.ai_studio, **MODELS, base="https://one.test", version="v1beta", key=SecretStr("k")
)
VERTEX = Provider(
    Name.vertex, **MODELS, base="https://two.test", version="v1", project="p", location="l"
)
ORDERS = ((STUDIO,), (VERTEX,), (STUDIO, VERTEX), (VERTEX, STUDIO))


@dataclass
class Anything(httpx.AsyncBaseTransport):
    """Answers at random, takes its time, and keeps account of what a vendor would charge for."""

    dice: random.Random
    paid: int = 0
    paid_since_refused: int | None = None
    seen: Counter[str] = field(default_factory=Counter)
    piles: dict[int, list[str]] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or break."""
        await asyncio.sleep(self.dice.choice([0.1, 1.0, 4.0, 15.0]))
        kind = self.dice.choices(["sound", "unsound", "wire", "broken", "hang"], [3, 5, 8, 2, 1])[0]
        if kind == "hang":
            self._charge("hang")
            await asyncio.Event().wait()
        if kind == "broken":
            error = self.dice.choice(BROKEN)
            if not isinstance(error, httpx.ConnectError):
                self._charge(type(error).__name__)
            raise error
        if kind == "wire":
            name = self._next(WIRES)
            response = WIRES[name](self.dice)
            self.seen[name] += 1
            if response.status_code == httpx.codes.OK:
                self._charge(name)
            if name in {"schema refused", "fields refused", "too many states"}:
                self.paid_since_refused = self.paid_since_refused or 0
        else:
            texts = SOUND if kind == "sound" else UNSOUND
            name = self._next(texts)
            self._charge(name)
            response = httpx.Response(200, json=said(texts[name](self.dice)))
        response.request = request
        return response

    def _next(self, names: Iterable[str]) -> str:
        """Return the next name off a shuffled pile, so that each has its turn."""
        pile = self.piles.setdefault(id(names), [])
        if not pile:
            pile += names
            self.dice.shuffle(pile)
        return pile.pop()

    def _charge(self, name: str) -> None:
        self.seen[name] += 1
        self.paid += 1
        if self.paid_since_refused is not None:
            self.paid_since_refused += 1


@dataclass
class Telling:
    """Says one text, whatever it is asked."""

    text: str = ""

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Return the text as an answer."""
        return httpx.Response(200, json=said(self.text))


def credentials(_: Provider) -> Credentials:
    """Return a token that never runs out, so that nobody is asked for one."""
    return Credentials(token="ya29.test")


@pytest.mark.filterwarnings("ignore:SOMETHING_NEW is not a valid FinishReason")
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "+".join(one.name for one in order))
def test_a_thousand_sittings(
    order: tuple[Provider, ...], profile: Callable[..., GitHubProfile]
) -> None:
    """Whatever providers answer there is a valid card, for three paid calls at most, in time."""
    material = Material(profile(name="Ada", bio="Numbers."))
    heuristic = traits_of(material.profile)
    seen: Counter[str] = Counter()
    ends: Counter[str] = Counter()

    async def sit(writer: Writer, anything: Anything, seed: int) -> None:
        loop = asyncio.get_running_loop()
        anything.paid, anything.paid_since_refused, began = 0, None, loop.time()
        written = await writer.write(material)
        traits = written.traits or heuristic
        took = loop.time() - began

        assert violations(traits.model_dump(), material.names) == [], seed
        assert anything.paid <= 3, seed
        assert (anything.paid_since_refused or 0) <= 1, seed
        assert took <= DEADLINE + 1e-6, seed
        assert (written.traits is None) == (written.reason is not None), seed
        ends["model" if written.traits else "heuristics"] += 1

    async def sit_often() -> None:
        anything = Anything(random.Random())
        async with open_gemini(Providers(order), credentials, anything) as gemini:
            for seed in range(SITTINGS // WITH_EACH):
                anything.dice = random.Random(seed)
                writer = Writer(gemini, order, DEADLINE, asyncio.get_running_loop().time)
                for _ in range(WITH_EACH):  # what one remembers is for the next
                    await sit(writer, anything, seed)
        seen.update(anything.seen)

    run(sit_often())

    assert set(seen) >= {*SOUND, *UNSOUND, *WIRES, "hang", "ReadError"}
    assert sum(ends.values()) == SITTINGS
    assert min(ends["model"], ends["heuristics"]) > SITTINGS / 10


@pytest.fixture(scope="module")
async def told() -> AsyncIterator[tuple[Gemini, Telling]]:
    """Give AI Studio saying what it is told to say."""
    telling = Telling()
    transport = httpx.MockTransport(telling)
    async with open_gemini(Providers((STUDIO,)), transport=transport) as gemini:
        yield gemini, telling


@pytest.mark.parametrize("name", SOUND)
async def test_sound(
    name: str, told: tuple[Gemini, Telling], profile: Callable[..., GitHubProfile]
) -> None:
    """A card in any wrapping is taken as it is, without asking again."""
    gemini, telling = told
    telling.text = SOUND[name](random.Random(1))
    written = await Writer(gemini, (STUDIO,), DEADLINE).write(Material(profile()))

    assert written.traits is not None
    assert [call.outcome for call in written.calls] == ["answered"]


@pytest.mark.parametrize("name", UNSOUND)
async def test_unsound(
    name: str, told: tuple[Gemini, Telling], profile: Callable[..., GitHubProfile]
) -> None:
    """What is no card is asked for once more, and then no more of the same provider."""
    gemini, telling = told
    telling.text = UNSOUND[name](random.Random(1))
    written = await Writer(gemini, (STUDIO,), DEADLINE).write(Material(profile()))
    outcomes = [call.outcome for call in written.calls]

    assert written.traits is None
    assert len(outcomes) == 2
    assert set(outcomes) <= {"invalid", "empty", "unreadable"}
