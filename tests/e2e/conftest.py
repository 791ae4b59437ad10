"""The whole system, started once per test process, and a person who uses it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from techub_api.accounts.actions import create_token, user_with_login, vouch_for_address
from techub_common.database import open_sessions, transaction
from techub_devstack.follow_run import Line, lines_of
from techub_devstack.servers import chromium
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

OVER = {"success", "partial_success", "failure", "canceled"}
_people = itertools.count(1)


@dataclass
class Person:
    """Somebody with a personal token and a verified address."""

    stack: Stack
    http: httpx.AsyncClient
    address: str
    runs: list[str] = field(default_factory=list)

    async def submit(self, login: str, *, force: bool = False) -> dict[str, Any]:
        """Submit a login and return what the gateway answered."""
        wanted = {"login": login, "force": force}
        answer = await self.http.post("/api/v1/profiles", json=wanted)
        assert answer.status_code in {200, 202}, answer.text
        accepted: dict[str, Any] = answer.json()
        self.runs.append(accepted["run_id"])
        return accepted

    async def finished(
        self, login: str, *, within: float = 60.0, force: bool = False
    ) -> dict[str, Any]:
        """Submit a login and return the run once it is over and everybody has been told.

        By `force` pictures are taken also where an earlier run has taken the same.
        """
        accepted = await self.submit(login, force=force)
        return await self.until_told(accepted["run_id"], within=within)

    async def until_told(self, run_id: str, *, within: float = 60.0) -> dict[str, Any]:
        """Return the run once it is over and everybody has been told."""
        events_url = f"{self.stack.app_host}/api/v1/runs/{run_id}/events"
        async with asyncio.timeout(within):
            while True:
                async for _ in lines_of(self.http, events_url):
                    pass
                run: dict[str, Any] = (await self.http.get(f"/api/v1/runs/{run_id}")).json()
                if run["status"] in OVER and run["notified"] is not None:
                    return run

    async def story(self, run_id: str) -> list[Line]:
        """Return every line of the run's stream from its beginning."""
        events_url = f"{self.stack.app_host}/api/v1/runs/{run_id}/events"
        return [line async for line in lines_of(self.http, events_url)]

    async def mails(self) -> list[dict[str, Any]]:
        """Return the mails that were sent to this person."""
        return await mails_to(self.stack, self.address)


async def mails_to(stack: Stack, address: str) -> list[dict[str, Any]]:
    """Return the accepted mails to an address, as the mailbox has them."""
    async with httpx.AsyncClient(trust_env=False) as http:
        box = (await http.get(f"{stack.resend.url}/mailbox.json")).json()
    mails = box["mails"] if isinstance(box, dict) else box
    return [mail for mail in mails if address in json.dumps(mail["to"])]


async def ready_mails(stack: Stack, login: str) -> list[dict[str, Any]]:
    """Return the mails that told anybody that this login's card is ready."""
    mails = await mails_to(stack, "@example.org")
    return [mail for mail in mails if login in mail["subject"] and "ready" in mail["subject"]]


def steps_of(run: dict[str, Any]) -> dict[str, str]:
    """Return step → status."""
    return {step["name"]: step["status"] for step in run["steps"]}


@asynccontextmanager
async def system(
    folders: pytest.TempPathFactory, name: str, **choices: Any
) -> AsyncIterator[Stack]:
    """Yield a running system with these choices; skip where no Chromium is."""
    if chromium.find() is None:
        pytest.skip("no Chromium on this machine; `make setup` installs one")
    var = folders.mktemp(name)
    var.chmod(0o755)
    wanted = Wanted(var=var, fsync=False, http_port=free_ports(1)[0], **choices)
    async with running_stack(wanted, lambda *_: None) as running:
        yield running


@pytest.fixture(scope="package")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give the running system; it is shared by this folder's tests in a process."""
    environment = {
        "ACK_WAIT_SECONDS": "3",
        "SWEEP_SECONDS": "1",
        "CAPTURE_VARIANTS": "og,card,simple",
    }
    async with system(tmp_path_factory, "stack", environment=environment) as running:
        yield running


@asynccontextmanager
async def introduced(stack: Stack) -> AsyncIterator[Person]:
    """Yield a new person with a token."""
    name = f"person-{next(_people)}"
    address = f"{name}@example.org"
    url = stack.services_environment("api")["DATABASE_URL"]
    async with open_sessions(url, pool=1) as sessions, transaction(sessions) as session:
        user = await user_with_login(session, name)
        await vouch_for_address(session, user, address)
        token = await create_token(session, user, "tests")
    async with httpx.AsyncClient(
        base_url=stack.app_host,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=20,
    ) as http:
        yield Person(stack, http, address)


@pytest.fixture
async def person(stack: Stack) -> AsyncIterator[Person]:
    """Give a new person with a token."""
    async with introduced(stack) as somebody:
        yield somebody
