"""People with tokens and addresses who submit logins, and what Postgres says became of the runs."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import httpx
from sqlalchemy import text

from techub_api.accounts.actions import create_token, user_with_login, vouch_for_address
from techub_common.database import open_sessions, transaction
from techub_devstack.stack import Stack

RUNS = text("SELECT id, login, status, finished_at, notified IS NOT NULL FROM api.runs")
OUTBOX = text("SELECT count(*) FROM api.outbox WHERE told_at IS NULL")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run stands."""

    id: UUID
    login: str
    status: str
    finished_at: datetime | None
    told: bool


async def tokens(stack: Stack, people: int) -> list[str]:
    """Return one personal token for each of so many new people, all with a verified address."""
    made = []
    url = stack.services_environment("api")["DATABASE_URL"]
    async with open_sessions(url, pool=1) as sessions, transaction(sessions) as session:
        for number in range(people):
            user = await user_with_login(session, f"person-{number}")
            await vouch_for_address(session, user, f"person-{number}@example.org")
            made.append(await create_token(session, user, "benchmark"))
    return made


async def submit(http: httpx.AsyncClient, token: str, login: str) -> int:
    """Submit a login and return the status code, 0 when no answer came."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = await http.post("/api/v1/profiles", json={"login": login}, headers=headers)
    except httpx.HTTPError:
        return 0
    return answer.status_code


def client(stack: Stack) -> httpx.AsyncClient:
    """Return a client of the gateway that holds no request back."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    return httpx.AsyncClient(base_url=stack.app_host, trust_env=False, timeout=60, limits=limits)


async def runs_of(stack: Stack) -> list[Ended]:
    """Return how every run stands."""
    async with (
        open_sessions(stack.services_environment("api")["DATABASE_URL"], pool=1) as sessions,
        transaction(sessions) as session,
    ):
        return [Ended(*row) for row in await session.execute(RUNS)]


async def untold(stack: Stack) -> int:
    """Return how many facts lie in the api's outbox and are not told yet."""
    async with (
        open_sessions(stack.services_environment("api")["DATABASE_URL"], pool=1) as sessions,
        transaction(sessions) as session,
    ):
        return int(await session.scalar(OUTBOX) or 0)


async def until_all_told(stack: Stack, count: int, seconds: float) -> list[Ended]:
    """Return the runs once so many are over and told, or as they stand when the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        runs = await runs_of(stack)
        if sum(run.told for run in runs) >= count or loop.time() >= end:
            return runs
        await asyncio.sleep(1)


async def mails_per_login(stack: Stack) -> Counter[str]:
    """Return how many mails told of each login, by what stands behind the @ of the subject."""
    async with httpx.AsyncClient(trust_env=False) as http:
        box = (await http.get(f"{stack.resend.url}/mailbox.json")).json()["mails"]
    return Counter(mail["subject"].rpartition("@")[2] for mail in box)
