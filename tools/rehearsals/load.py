"""People who submit logins all the time, and an account of what became of each run."""

import asyncio
import itertools
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import nats
from nats.js import JetStreamContext

from techub_common.streams import CONSUMERS, EVENTS
from techub_devstack import samples
from techub_devstack.servers.guard import password_of
from techub_devstack.stack import Stack

OVER: Final = {"success", "partial_success", "failure", "canceled"}
FIRST_ID: Final = 95_000_000
POLL_SECONDS: Final = 0.2
END_SECONDS: Final = 180.0


def crowd(folder: Path, count: int) -> list[str]:
    """Write `count` accounts like the popular sample, each with a login and an id of its own."""
    (folder / "avatars").mkdir(parents=True)
    logins = [f"rehearsal-person-{number}" for number in range(count)]
    known = int(json.loads(_sample("user.json"))["id"])
    for number, login in enumerate(logins):
        (folder / login).mkdir()
        for source in (samples.DIR / samples.POPULAR).iterdir():
            text = source.read_text("utf-8").replace(samples.POPULAR, login)
            text = text.replace(f'"id": {known}', f'"id": {FIRST_ID + number}')
            (folder / login / source.name).write_text(text, "utf-8")
        shutil.copy(
            samples.DIR / "avatars" / f"{samples.POPULAR}.png", folder / "avatars" / f"{login}.png"
        )
    return logins


def _sample(name: str) -> str:
    return (samples.DIR / samples.POPULAR / name).read_text("utf-8")


@dataclass(slots=True)
class Load:
    """Who is asking, where the api answers now, and what was answered."""

    stack: Stack
    token: str
    logins: "itertools.cycle[str]"
    endpoints: list[str]
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: int = 0
    errors: list[str] = field(default_factory=list)
    _turn: int = 0

    async def ask(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401  # JSON
        """Ask one of the endpoints, one after the other; what is no answer is an error kept."""
        self._turn += 1
        base = self.endpoints[self._turn % len(self.endpoints)]
        self.requests += 1
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:
                answer = await http.request(method, path, timeout=20, **more)
        except httpx.HTTPError as error:
            self.errors.append(f"{method} {path}: {type(error).__name__}")
            return None
        if answer.is_error:
            self.errors.append(f"{method} {path}: {answer.status_code}")
            return None
        return answer.json()

    async def submit(self) -> str | None:
        """Submit the next login and return its run."""
        accepted = await self.ask("POST", "/api/v1/profiles", json={"login": next(self.logins)})
        if accepted is None:
            return None
        self.runs[accepted["run_id"]] = {"status": "open", "at": time.monotonic()}
        return str(accepted["run_id"])

    async def ended(self, run_id: str, within: float = END_SECONDS) -> dict[str, Any] | None:
        """Return the run once it is over and everybody was told; None when it takes longer."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            run = await self.ask("GET", f"/api/v1/runs/{run_id}")
            if run is not None and run["status"] in OVER and run["notified"] is not None:
                self.runs[run_id] |= {"status": run["status"], "pictures": len(run["pictures"])}
                return dict(run)
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def person(self, stop: asyncio.Event) -> None:
        """Submit one login after the other until it is time to stop."""
        while not stop.is_set():
            if (run_id := await self.submit()) is not None:
                await self.ended(run_id)

    @property
    def lost(self) -> list[str]:
        """Return what did not end in success."""
        return [
            f"{run_id}: {run['status']}"
            for run_id, run in self.runs.items()
            if run["status"] != "success"
        ]


@asynccontextmanager
async def under_load(load: Load, people: int) -> AsyncIterator[None]:
    """Keep that many people submitting; at the end wait for the last run of each."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(load.person(stop)) for _ in range(people)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def someone(stack: Stack, logins: list[str]) -> Load:
    """Return a load on every replica of the api."""
    endpoints = [process.http_url for process in stack.replicas_of("api")]
    token = await stack.token("you", "you@techub.example")
    return Load(stack, token, itertools.cycle(logins), endpoints)


@asynccontextmanager
async def jetstream(stack: Stack) -> AsyncIterator[JetStreamContext]:
    """Yield JetStream as the api's user sees it, through a connection that comes back."""
    urls = [node.url for node in stack.nats_nodes]
    who = {"user": "api", "password": password_of("api")} if stack.wanted.guarded else {}
    client = await nats.connect(
        urls,
        **who,
        inbox_prefix="_INBOX_api",
        error_cb=_nothing,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
    )
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def _nothing(error: Exception) -> None:
    del error


async def deliveries(js: JetStreamContext) -> dict[str, tuple[int, int]]:
    """Return for each consumer how often it was handed a message, and how many there were."""
    state = (await js.stream_info(EVENTS, subjects_filter=">")).state
    counts = state.subjects or {}
    found = {}
    for consumer in CONSUMERS:
        info = await js.consumer_info(EVENTS, consumer.name)
        told = sum(counts.get(subject, 0) for subject in consumer.subjects)
        handed = info.delivered.consumer_seq if info.delivered else 0
        found[consumer.name] = (handed, told - info.num_pending)
    return found


async def eventually(check: Callable[[], Awaitable[Any]], within: float) -> bool:
    """Return whether an awaitable answer became true in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if await check():
            return True
        await asyncio.sleep(0.05)
    return False


def say(who: str, what: str) -> None:
    """Say at once how far the stack is."""
    print(f"{who}: {what}", flush=True)
