"""Generators that may die, and stores that may be full, in front of the doubles."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from techub_common.errors import Away
from techub_common.events import Event, PipelineStarted
from techub_common.storage import FolderStore, ObjectStore
from techub_generator.gemini.door import open_gemini
from techub_generator.gemini.drawing import Drawer
from techub_generator.gemini.writing import Writer
from techub_generator.github.client import Keys, open_github
from techub_generator.handlers import generate_card
from techub_generator.outbound import Outbound
from techub_generator.pages.reader import PageReader
from techub_generator.resources import Resources
from techub_generator.settings import Settings

Tell = Callable[[Event], Awaitable[object]]
Attempt = Callable[[ObjectStore, Tell, PipelineStarted, int], Awaitable[None]]


class Crash(BaseException):
    """The process dies here."""


class Told(list[Event]):
    """Hears what is told, until the crash."""

    def __init__(self, crash_at: int = -1) -> None:
        super().__init__()
        self._crash_at = crash_at

    async def __call__(self, event: Event) -> None:
        """Take it down, or die instead."""
        if len(self) == self._crash_at:
            raise Crash
        self.append(event)


class CrashingStore(FolderStore):
    """Stores, until the crash."""

    def __init__(self, store: FolderStore, crash_at: int) -> None:
        super().__init__(store.root)
        self._left = crash_at

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store it, or die instead."""
        if self._left == 0:
            raise Crash
        self._left -= 1
        await super().put(key, content, mime)


class FullStore(FolderStore):
    """Takes nothing the first times; with `room_for` some things all the same."""

    def __init__(self, store: FolderStore, refusals: int, room_for: tuple[str, ...] = ()) -> None:
        super().__init__(store.root)
        self.refusals = refusals
        self._room_for = room_for

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store it, or say that there is no room."""
        if self.refusals and not any(part in key for part in self._room_for):
            self.refusals -= 1
            raise Away("no space left")
        await super().put(key, content, mime)


@asynccontextmanager
async def handling(settings: Settings, outbound: Outbound) -> AsyncIterator[Attempt]:
    """Handle a run once, with a store and a teller of one's own."""
    async with (
        open_github(settings.github_api_url, Keys(("ghp_test",))) as github,
        open_gemini(settings.gemini_providers) as gemini,
    ):
        writer = Writer(gemini, gemini.providers.text, settings.gemini_deadline_seconds)
        drawer = Drawer(gemini, gemini.providers.images)
        pages = PageReader()

        async def handle(
            store: ObjectStore, tell: Tell, event: PipelineStarted, number: int
        ) -> None:
            resources = Resources(github, outbound, pages, store, tell, gemini, writer, drawer)
            await generate_card(event, resources, number)

        yield handle
