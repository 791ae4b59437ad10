"""`Idempotency-Key`: the same request again is the same answer; another one under it is refused."""

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update

from techub_api.limits.tables import AnsweredRequest
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.http.conftest import ended_runs, program_at, token_of, with_settings

HERE = "/api/v1/profiles"


async def send(client: AsyncClient, login: str, key: str, path: str = HERE) -> Response:
    """Submit a login under a key."""
    return await client.post(path, json={"login": login}, headers={"Idempotency-Key": key})


async def count(resources: Resources) -> int:
    """Return how many runs there are."""
    async with transaction(resources.sessions) as session:
        return await session.scalar(select(func.count()).select_from(Run)) or 0


async def test_the_same_again(ada: AsyncClient, resources: Resources) -> None:
    """A repeated request is answered as the first one, byte for byte, and begins nothing."""
    first = await send(ada, "pip", "8e03978e")
    await ended_runs(resources)
    again = await send(ada, "pip", '"8e03978e"')
    other = await send(ada, "pip", "8e03978f")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert other.json()["run_id"] != first.json()["run_id"]
    assert await count(resources) == 2


async def test_a_repeat_is_not_counted(resources: Resources) -> None:
    """Whoever may ask no more still hears what the first request was answered."""
    limited = with_settings(resources, submissions_per_hour=1)
    async with program_at(limited, await token_of(limited, "ada")) as client:
        first, again, other = [await send(client, "pip", key) for key in ("a", "a", "b")]

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 429)
    assert first.content == again.content


async def test_another_request_under_it(ada: AsyncClient, resources: Resources) -> None:
    """Another body or another address under a key is refused with a code of its own."""
    await send(ada, "pip", "k")
    body = await send(ada, "bob", "k")
    address = await ada.post(
        f"{HERE}/pip/runs", json={"login": "pip"}, headers={"Idempotency-Key": "k"}
    )

    assert body.status_code == 422
    assert body.json()["type"] == "urn:techub:problem:idempotency_key_reused"
    assert address.status_code == 422
    assert await count(resources) == 1


async def test_somebody_elses_key(ada: AsyncClient, resources: Resources) -> None:
    """Keys belong to people: nobody learns what another was answered."""
    mine = await send(ada, "pip", "k")
    await ended_runs(resources)
    async with program_at(resources, await token_of(resources, "bob")) as bob:
        his = await send(bob, "pip", "k")

    assert his.status_code == 202
    assert his.json()["run_id"] != mine.json()["run_id"]


async def test_at_the_same_moment(ada: AsyncClient, resources: Resources) -> None:
    """Of the same request many times at once, one begins a run; the others get it or wait."""
    answers = await asyncio.gather(*(send(ada, "pip", "k") for _ in range(5)))

    codes = {answer.status_code for answer in answers}
    assert 202 in codes
    assert codes <= {202, 409}
    assert len({a.json()["run_id"] for a in answers if a.status_code == 202}) == 1
    assert all(a.headers["retry-after"] == "1" for a in answers if a.status_code == 409)
    assert await count(resources) == 1


async def test_for_a_day(ada: AsyncClient, resources: Resources) -> None:
    """After 24 hours the key is free again."""
    first = await send(ada, "pip", "k")
    await ended_runs(resources)
    async with transaction(resources.sessions) as session:
        old = AnsweredRequest.answered_at - timedelta(hours=24, seconds=1)
        await session.execute(update(AnsweredRequest).values(answered_at=old))
    second = await send(ada, "bob", "k")

    assert second.status_code == 202
    assert second.json()["run_id"] != first.json()["run_id"]


async def test_what_failed_is_not_kept(resources: Resources) -> None:
    """A request that was refused may be mended and sent under the same key."""
    full = with_settings(resources, profile_ownership_cap=1)
    async with program_at(full, await token_of(full, "ada")) as ada:
        await send(ada, "pip", "first")
        refused = await send(ada, "bob", "k")
        mended = await send(ada, "pip", "k")

    assert (refused.status_code, mended.status_code) == (403, 200)


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb", "\u00e4"])
async def test_a_key_that_is_none(ada: AsyncClient, resources: Resources, key: str) -> None:
    """A key nobody could send twice alike is refused."""
    raw = {"Idempotency-Key": key.encode("latin-1")}
    answer = await ada.post(HERE, json={"login": "pip"}, headers=raw)

    assert answer.status_code == 400
    assert await count(resources) == 0
