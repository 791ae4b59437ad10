"""Tests the store as operators ask for it: every promise once, with an object of its own."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

import httpx2

from techub_api.pictures.addresses import public_url
from techub_api.settings import Settings
from techub_common.errors import Away, Permanent
from techub_common.storage import PUBLIC_PREFIXES, WholeStore, is_public
from techub_common.storage_url import Bucket

SECONDS: Final = 10.0
CONTENT: Final = b"TecHub looks whether its store works. This may be deleted.\n"

Step = Callable[[], Awaitable[None]]


class Unfit(Exception):
    """The store does not do what it has to; the message says what it did."""


def described(settings: Settings) -> dict[str, Any]:
    """Return where objects are and who may read them; nothing in it is secret."""
    place = settings.storage_place
    return {
        "app_host": settings.app_host,
        "store": str(place) if isinstance(place, Bucket) else f"the folder {place.root}",
        "public_prefixes": list(PUBLIC_PREFIXES),
        "read_at": settings.public_base_url or settings.app_host,
        "policy_kept": isinstance(place, Bucket) and place.keeps_policy,
    }


class Probe:
    """One pass over an object below each kind of prefix."""

    def __init__(self, objects: WholeStore, settings: Settings, http: httpx2.AsyncClient) -> None:
        self._objects = objects
        self._settings = settings
        self._http = http
        name = f"probe-{uuid4().hex}.txt"
        self._public, self._private = f"generated/.probe/{name}", f"runs/.probe/{name}"

    async def run(self) -> list[dict[str, Any]]:
        """Return every step with whether it worked, how long it took and what was wrong."""
        steps: dict[str, Step] = {
            "write": self._write,
            "read": self._read,
            "list": self._list,
            "read by its public address": self._read_publicly,
            "private objects are private": self._read_privately,
            "delete": self._delete,
        }
        return [await _taken(name, step) for name, step in steps.items()]

    async def _write(self) -> None:
        for key in (self._public, self._private):
            await self._objects.put(key, CONTENT, "text/plain")

    async def _read(self) -> None:
        if await self._objects.get(self._public) != CONTENT:
            message = "what was read is not what was written"
            raise Unfit(message)

    async def _list(self) -> None:
        if [entry.key async for entry in self._objects.entries(self._public)] != [self._public]:
            message = "what was written is not listed"
            raise Unfit(message)

    async def _read_publicly(self) -> None:
        address = public_url(self._settings, self._public)
        answer = await self._http.get(address)
        if answer.status_code != httpx2.codes.OK or answer.content != CONTENT:
            message = f"{address} answers {answer.status_code}; is public_base_url right?"
            raise Unfit(message)

    async def _read_privately(self) -> None:
        address = public_url(self._settings, self._private)
        answer = await self._http.get(address)
        if answer.content == CONTENT or is_public(self._private):
            message = f"anybody can read {address}: close the bucket"
            raise Unfit(message)

    async def _delete(self) -> None:
        for key in (self._public, self._private):
            await self._objects.delete(key)
            if await self._objects.exists(key):
                message = "what was deleted is still there"
                raise Unfit(message)


async def probed(objects: WholeStore, settings: Settings) -> dict[str, Any]:
    """Return what came of every step, and whether all of them worked."""
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        steps = await Probe(objects, settings, http).run()
    return {"works": all(step["works"] for step in steps), "steps": steps}


async def _taken(name: str, step: Step) -> dict[str, Any]:
    started = time.monotonic()
    problem = None
    try:
        await step()
    except (Unfit, Away, Permanent, httpx2.HTTPError) as error:
        problem = str(error) or type(error).__name__
    took = round((time.monotonic() - started) * 1000)
    return {"step": name, "works": problem is None, "duration_ms": took, "problem": problem}
