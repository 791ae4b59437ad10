"""What a model was paid for is not paid for again, whoever dies and whatever is away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from techub_common.delivery import Road
from techub_common.events import SUITE, AssetCaptured, CardGenerated, Policy, StageRecorded
from techub_common.storage import FolderStore
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.outbound import Outbound
from techub_generator.patient_store import PatientStore
from techub_generator.settings import Settings
from techub_generator.stages import AVATAR, DESCRIPTION, DRAWINGS, ELIGIBILITY, PULL, TRAITS
from tests.integration.generator.crashing import (
    Attempt,
    Crash,
    CrashingStore,
    FullStore,
    Told,
    handling,
)

WRITTEN = Policy()
DRAWN = Policy(ai_text=False, artwork=True)
EVERYTHING = Policy(artwork=True)
DESCRIBED = Policy(artwork=True, descriptions=True)
PAID = {DESCRIPTION, TRAITS, *DRAWINGS}
TELLS = range(0, 26, 2)
PUTS = range(14)


@pytest.fixture
def settings(settings: Settings, gemini_double: Double) -> Settings:
    """Give the settings of a generator in front of both doubles."""
    key = "AIzaSyTestTestTestTestTestTestTestTest0"
    gemini = {"gemini_api_base": gemini_double.url, "gemini_api_key": key}
    return Settings(**{**settings.model_dump(), **gemini})


@pytest.fixture
async def attempt(settings: Settings, github_double: Double) -> AsyncIterator[Attempt]:
    """Handle a run once, with a store and a teller of one's own."""
    outbound = Outbound(frozenset({github_double.url.removeprefix("http://")}))
    async with handling(settings, outbound) as attempt:
        yield attempt


async def _no_pause(_: float) -> None:
    """Try again at once."""


@dataclass(frozen=True)
class Doubles:
    """Whom a run asks."""

    github: Double
    gemini: Double

    def asked(self) -> tuple[int, int, int]:
        """Return how many words, pictures and avatars were asked for."""
        every = sum(self.gemini.requests(path_contains="generateContent").values())
        pictures = sum(self.gemini.requests(path_contains="image:generateContent").values())
        avatars = sum(self.github.requests(path_contains="/avatars").values())
        return every - pictures, pictures, avatars


@pytest.fixture
def doubles(github_double: Double, gemini_double: Double) -> Doubles:
    """Give both doubles; a question takes its time, so that something can happen meanwhile."""
    gemini_double.fail(delay_seconds=0.1)
    return Doubles(github_double, gemini_double)


@pytest.mark.parametrize("refusals", [1, 40])
@pytest.mark.parametrize(
    "case",
    [
        (WRITTEN, (), (1, 0, 1)),
        (DRAWN, (), (0, 4, 1)),
        (DRAWN, (AVATAR, "avatar-", TRAITS), (0, 4, 1)),
        (EVERYTHING, (), (1, 4, 1)),
        (EVERYTHING, (AVATAR, "avatar-"), (1, 4, 1)),
        (EVERYTHING, ("captures/",), (1, 4, 1)),
        (DESCRIBED, (), (2, 4, 1)),
        (DESCRIBED, (AVATAR, "avatar-"), (2, 4, 1)),
    ],
)
async def test_a_store_that_takes_nothing(
    attempt: Attempt,
    objects: FolderStore,
    doubles: Doubles,
    started: Any,
    case: tuple[Policy, tuple[str, ...], tuple[int, int, int]],
    refusals: int,
) -> None:
    """While the store takes no more, everybody is asked once, and all of it is there in the end."""
    policy, room_for, once = case
    full = FullStore(objects, refusals, (PULL, ELIGIBILITY, *room_for))
    event, told, store = started(samples.DEFAULT, policy=policy), Told(), PatientStore(full)

    await Road(pause=_no_pause).until_back(lambda: attempt(store, told, event, 1))

    assert doubles.asked() == once
    assert full.refusals == 0
    card = told[-1]
    assert isinstance(card, CardGenerated)
    assert card.degradations == ()
    assert len(card.calls) == sum(once[:2])
    for one in told:
        if isinstance(one, AssetCaptured):
            assert len(await objects.get(one.object_key)) == one.bytes


@pytest.mark.parametrize("place", [f"tell {n}" for n in TELLS] + [f"put {n}" for n in PUTS])
async def test_crash_anywhere(
    attempt: Attempt, objects: FolderStore, doubles: Doubles, started: Any, place: str
) -> None:
    """Wherever it dies, no question is put again whose answer had been stored."""
    kind, number = place.split()
    event = started(samples.DEFAULT, policy=DESCRIBED)
    first = Told(int(number) if kind == "tell" else -1)
    store = CrashingStore(objects, int(number)) if kind == "put" else objects
    with pytest.raises(Crash):
        await attempt(store, first, event, 1)
    finished = {
        name for name in PAID if (objects.root / f"runs/{event.run_id}/{name}.json").is_file()
    }
    second = Told()
    await attempt(objects, second, event, 2)

    assert began(second) & finished == set()
    assert sum(doubles.asked()[:2]) <= len(began(first)) + len(began(second))
    card = second[-1]
    assert isinstance(card, CardGenerated)
    assert set(card.artworks) == set(SUITE)
    assert len(card.calls) == 2 + len(SUITE)


def began(told: Told) -> set[str]:
    """Return the stages that were begun and put a question each."""
    lines = [one for one in told if isinstance(one, StageRecorded)]
    return {one.stage for one in lines if one.status == "started"} & PAID
