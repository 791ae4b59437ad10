"""Who comes in to the operators' pages, through every route and method, and who does not."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from techub_api.app import create_app
from techub_api.resources import Resources
from techub_common.settings import AppEnv
from tests.integration.api.conftest import start_run
from tests.integration.api.http.test_security import counted, routes
from tests.integration.api.ops.conftest import ROOT, guarded, operator_at, token_of

WRONG = (
    None,
    ("root", "wrong"),
    ("root", ""),
    ("", "correct horse"),
    ("night", "owl"),
    ("night", "correct horse"),
    ("ROOT", "correct horse"),
)


def ops_routes(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Yield method, template and an address of every route of the operators."""
    for changing in (False, True):
        for method, path, address in routes(app, changing=changing):
            if path.startswith("/ops"):
                yield method, path, address.replace("/x", "/7")


async def test_nobody_comes_in_unnamed(resources: Resources) -> None:
    """Every route and method of every page answers 401, and what it would show is not there."""
    place = guarded(resources)
    found = list(ops_routes(create_app(place)))
    before = await counted(place)
    async with operator_at(place, None) as stranger:
        for method, _, address in found:
            answer = await stranger.request(method, address, data={"why": "x"})
            assert (answer.status_code, address) == (401, address)
            assert answer.headers["www-authenticate"].startswith("Basic realm=")
            assert "Dead letters" not in answer.text
        assert (await stranger.get("/ops/nothing/here")).status_code == 401

    assert {path for _, path, _ in found} >= {
        "/ops",
        "/ops/jobs",
        "/ops/jobs/events",
        "/ops/jobs/plan",
        "/ops/runs/{run_id}",
        "/ops/runs/{run_id}/cancel",
        "/ops/runs/{run_id}/objects/{key:path}",
        "/ops/runs/{run_id}/retry",
        "/ops/runs/{run_id}/snapshot.zip",
        "/ops/dead",
        "/ops/dead/{number}",
        "/ops/dead/plan",
        "/ops/queues",
        "/ops/queues/events",
        "/ops/events",
        "/ops/events/stream",
        "/ops/actions",
        "/ops/actions/{number}",
        "/ops/actions/{number}/confirm",
    }
    assert await counted(place) == before


@pytest.mark.parametrize("who", WRONG, ids=str)
async def test_nobody_comes_in_wrongly_named(
    resources: Resources, who: tuple[str, str] | None
) -> None:
    """A wrong password, another's password and a name in another case are all the same."""
    place = guarded(resources)
    async with operator_at(place, who) as client:
        answers = [await client.get(path) for path in ("/ops", "/ops/jobs", f"/ops/runs/{uuid4()}")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic cm9vdA==", "Bearer x", "basic \xff"]
)
async def test_headers_nobody_can_read(resources: Resources, header: str) -> None:
    """What is no name and password is answered like none at all."""
    async with operator_at(guarded(resources), None) as client:
        answer = await client.get("/ops/jobs", headers={"Authorization": header.encode("latin-1")})

    assert answer.status_code == 401


@pytest.mark.parametrize("who", [ROOT, ("night", "owl:with:colons")])
async def test_operators_come_in(resources: Resources, who: tuple[str, str]) -> None:
    """Each of them, by their own password; their pages are kept by nobody."""
    async with operator_at(guarded(resources), who) as client:
        front = await client.get("/ops")
        page = await client.get("/ops/jobs")

    assert (front.status_code, front.headers["location"]) == (303, "/ops/jobs")
    assert page.status_code == 200
    assert who[0] in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("env", [AppEnv.production, AppEnv.test])
async def test_shut_when_nobody_is_named(resources: Resources, env: AppEnv) -> None:
    """Without operators every page is shut, whatever somebody sends along."""
    place = guarded(resources, None, app_env=env)
    async with operator_at(place) as client:
        for method, _, address in ops_routes(create_app(place)):
            assert (await client.request(method, address)).status_code == 403


async def test_open_on_a_developers_machine(resources: Resources) -> None:
    """In development nobody needs a password while none is set, and everybody once one is."""
    async with operator_at(guarded(resources, None, app_env=AppEnv.development), None) as client:
        assert "developer" in (await client.get("/ops/jobs")).text
    async with operator_at(guarded(resources, app_env=AppEnv.development), None) as client:
        assert (await client.get("/ops/jobs")).status_code == 401


async def test_guessing_is_held_up(resources: Resources) -> None:
    """After ten wrong tries the right password is not judged either, from that address alone."""
    place = guarded(resources)
    async with operator_at(place, ("root", "wrong")) as client:
        tried = [(await client.get("/ops/jobs")).status_code for _ in range(11)]
        held = await client.get("/ops/jobs", auth=ROOT)
    async with operator_at(place, host="192.0.2.2") as elsewhere:
        fine = await elsewhere.get("/ops/jobs")

    assert tried == [401] * 10 + [429]
    assert held.status_code == 429
    assert int(held.headers["retry-after"]) > 0
    assert fine.status_code == 200


async def test_guessing_locks_nobody_out(resources: Resources) -> None:
    """Whoever was let in before goes on working while somebody guesses at the same address."""
    place = guarded(resources)
    async with operator_at(place) as client:
        assert (await client.get("/ops/jobs")).status_code == 200
        for _ in range(12):
            await client.get("/ops/jobs", auth=("root", "wrong"))
        page = await client.get("/ops/jobs")

    assert page.status_code == 200


async def test_every_form_is_ours(place: Resources, operator: AsyncClient) -> None:
    """Without the token of this browser and operator no action does anything."""
    run_id = await start_run(place, "pip")
    page = await operator.get("/ops/jobs")
    async with operator_at(place, ("night", "owl:with:colons")) as night:
        foreign = token_of(await night.get("/ops/jobs"))
    before = await counted(place)
    sent = {"why": "x", "kind": "cancel", "what": "retry", "number": "1"}
    posts = [
        address.replace(address.split("/")[3], str(run_id)) if "{run_id}" in path else address
        for method, path, address in ops_routes(create_app(place))
        if method == "POST"
    ]
    for address in posts:
        for token in ({}, {"form_token": "made-up"}, {"form_token": foreign}):
            answer = await operator.post(address, data={**sent, **token})
            assert (answer.status_code, address) == (403, address)
        bare = AsyncClient(transport=operator._transport, base_url="https://techub.test", auth=ROOT)
        forged = await bare.post(address, data={**sent, "form_token": token_of(page)})
        assert forged.status_code == 403  # the token of a browser whose cookie is not sent

    assert len(posts) >= 5
    assert await counted(place) == before


async def test_the_audit_is_kept_whatever_happens(place: Resources) -> None:
    """A row without a reason, or done without an end, is refused by the database."""
    for columns, values in (
        ("operator, kind, state", "'x', 'retry', 'begun'"),
        ("operator, kind, state, why", "'x', 'retry', 'planned', 'y'"),
        ("operator, kind, state, why", "'x', 'retry', 'done', 'y'"),
        ("operator, kind, state, why", "'x', 'retry', 'else', 'y'"),
    ):
        statement = text(f"INSERT INTO api.operator_actions ({columns}) VALUES ({values})")
        async with place.sessions() as session:
            with pytest.raises(IntegrityError, match="violates check constraint"):
                await session.execute(statement)
