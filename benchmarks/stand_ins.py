"""Services without GitHub, Gemini or a pixel: they hear as the real ones do, and tell at once.

What they tell is shaped like the real thing, so that the ledger does all of its work.
"""

import asyncio
import hashlib
import json
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Annotated, Any, ClassVar

import structlog
import uvloop
from faststream import Context

from techub_common.broker import Teller, listen, open_broker
from techub_common.delivery import Road
from techub_common.events import (
    AssetCaptured,
    AssetRecorded,
    CaptureRequested,
    CardGenerated,
    Ended,
    NotificationRecorded,
    PipelineStarted,
    Rendition,
    StageRecorded,
)
from techub_common.settings import AppEnv, CommonSettings
from techub_common.storage import FolderStore
from techub_common.streams import GENERATOR, NOTIFIER, OPTIMIZER, SCREENSHOTTER
from techub_devstack.stack import Stack, Wanted, running_stack

STAGES = (
    "pull_github_data",
    "download_github_avatar",
    "evaluate_eligibility",
    "generate_ai_profile",
)
WITH_PIXELS = (GENERATOR.name, SCREENSHOTTER.name, OPTIMIZER.name)
ALL = (*WITH_PIXELS, NOTIFIER.name)
SHA = "0" * 64
TRAITS = {
    **dict.fromkeys(("short_bio", "long_bio", "tagline", "flavor_text"), "Words."),
    **dict.fromkeys(("title", "buff", "weakness", "vibe", "special_move"), "Words"),
    **{f"{name}_description": "Words." for name in ("buff", "weakness", "vibe", "special_move")},
    **dict.fromkeys(("attack", "defense", "speed"), 80),
    "tags": ["a", "b", "c", "d", "e", "f"],
    "playing_card": "Ace of ♠",
    "spirit_animal": "Quokka",
    "archetype": "The Sage",
}


class Pace:
    """How long each handler sleeps before it tells; another process may change it meanwhile."""

    def __init__(self, seconds: "Synchronized[float]") -> None:
        self._seconds = seconds

    async def __call__(self) -> None:
        """Sleep for as long as it is set to."""
        await asyncio.sleep(self._seconds.value)


Paced = Annotated[Pace, Context("pace")]
Tell = Annotated[Teller, Context("tell")]
Objects = Annotated[FolderStore, Context("objects")]


class StandInSettings(CommonSettings):
    """Settings of the services that are stood in for."""

    service: ClassVar[str] = "generator"


def messages_of(pictures: int) -> int:
    """Return how many messages a run of so many pictures is, from its start to who was told."""
    return 1 + 2 * len(STAGES) + 1 + 3 * pictures + 2


async def generate(event: PipelineStarted, tell: Tell, objects: Objects, pace: Paced) -> None:
    """Tell every stage and a card."""
    await pace()
    who: dict[str, Any] = {"run_id": event.run_id, "login": event.login}
    key = f"runs/{event.run_id}/pull_github_data.json"
    number = int.from_bytes(hashlib.sha256(event.login.encode()).digest()[:6])
    await objects.put(key, json.dumps({"id": number, "login": event.login}).encode(), "")
    for stage in STAGES:
        for status in ("started", "completed"):
            line = {"stage": stage, "status": status, "started_at": "2026-01-01T00:00:00Z"}
            await tell(StageRecorded.model_validate(who | line))
    card = {"github_id": number, "artifacts": {"pull_github_data": key}, "traits": TRAITS}
    await tell(CardGenerated.model_validate(who | card))


async def capture(event: CaptureRequested, tell: Tell, pace: Paced) -> None:
    """Tell a picture without taking it."""
    await pace()
    await tell(
        AssetCaptured(
            run_id=event.run_id,
            login=event.login,
            kind=event.variant,
            object_key=f"runs/{event.run_id}/captures/{event.variant}.png",
            sha256=SHA,
            bytes=1,
            width=1,
            height=1,
            mime="image/png",
        )
    )


async def optimize(event: AssetCaptured, tell: Tell, pace: Paced) -> None:
    """Tell small pictures without making them."""
    await pace()
    renditions = tuple(
        Rendition(
            format=form,
            object_key=f"generated/{event.login}/{event.kind}.{form}",
            bytes=1,
            sha256=SHA,
            width=1,
            height=1,
            mime=f"image/{form}",
        )
        for form in ("png", "webp")
    )
    await tell(
        AssetRecorded(
            run_id=event.run_id,
            login=event.login,
            kind=event.kind,
            provider="none",
            renditions=renditions,
            bytes_before=1,
            engine="none",
        )
    )


async def notify(event: Ended, tell: Tell) -> None:
    """Tell that nobody had to be told."""
    await tell(
        NotificationRecorded(run_id=event.run_id, login=event.login, event="completed", counts={})
    )


WORK: dict[str, tuple[Any, Callable[..., Awaitable[None]]]] = {
    GENERATOR.name: (GENERATOR, generate),
    SCREENSHOTTER.name: (SCREENSHOTTER, capture),
    OPTIMIZER.name: (OPTIMIZER, optimize),
    NOTIFIER.name: (NOTIFIER, notify),
}


@dataclass(frozen=True, slots=True)
class StandIns:
    """The process in which they run; each handler first sleeps for `pace` seconds."""

    pid: int
    pace: "Synchronized[float]"


@contextmanager
def standing_in(
    nats_url: str, objects: Path, names: Sequence[str] = ALL, *, pace: float = 0.0, slots: int = 4
) -> Iterator[StandIns]:
    """Be these services in a process of one's own, killed at the end."""
    spawned = multiprocessing.get_context("spawn")
    shared = spawned.Value("d", pace)
    process = spawned.Process(
        target=_be, args=(nats_url, objects, tuple(names), shared, slots), daemon=True
    )
    process.start()
    try:
        yield StandIns(process.pid or 0, shared)
    finally:
        process.kill()
        process.join()


@asynccontextmanager
async def stack_without_pixels(
    wanted: Wanted, *, pace: float = 0.0, slots: int = 4
) -> AsyncIterator[tuple[Stack, StandIns]]:
    """Yield the embedded stack, where only api, notifier and the servers are the real ones."""
    async with running_stack(wanted, lambda *_: None) as stack:
        for name in WITH_PIXELS:
            await stack.services[name].stop()
        url, objects = stack.nats.url, stack.objects
        with standing_in(url, objects, WITH_PIXELS, pace=pace, slots=slots) as stand_ins:
            yield stack, stand_ins


def _be(
    nats_url: str, objects: Path, names: tuple[str, ...], pace: "Synchronized[float]", slots: int
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_hear(nats_url, objects, names, pace, slots))


async def _hear(
    nats_url: str, objects: Path, names: tuple[str, ...], pace: "Synchronized[float]", slots: int
) -> None:
    settings = StandInSettings(nats_url=nats_url, app_env=AppEnv.test)
    async with open_broker(settings) as broker:
        tell = Teller(broker, settings.source)
        broker.context.set_global("tell", tell)
        broker.context.set_global("pace", Pace(pace))
        broker.context.set_global("objects", FolderStore(objects))
        road = Road()
        await asyncio.gather(
            *(
                listen(broker, tell, consumer, handler, slots=slots, ack_wait=15, road=road).run()
                for consumer, handler in map(WORK.__getitem__, names)
            )
        )
