"""The API does what its description says, and the descriptions describe what there is."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from httpx import AsyncClient
from sqlalchemy import update

from techub_api.app import create_app
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_common import events
from techub_common.health import server_for
from techub_common.streams import CONSUMERS, TOLD_BY
from techub_devstack.servers.ports import free_ports
from tests.integration.api.http.conftest import program_at, token_of, with_settings
from tests.integration.api.pages.conftest import HTML, finished

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,unsupported_method,ignored_auth"
)
APART = r"/events$|^/up/gemini"  # streams of open runs do not end; a model that is away is a 503


@asynccontextmanager
async def serving(resources: Resources) -> AsyncIterator[str]:
    """Give the address of the api in front of these resources."""
    [port] = free_ports(1)
    stop = asyncio.Event()
    server = asyncio.create_task(
        server_for(create_app(resources), port, host="127.0.0.1").run_until(stop)
    )
    yield f"http://127.0.0.1:{port}"
    stop.set()
    await server


async def fuzzed(resources: Resources, report: Path, *bound: str) -> tuple[int, str]:
    """Let schemathesis ask everything in a process of its own; return its exit code and words."""
    token = await token_of(resources, "ada")
    await finished(resources)
    async with serving(resources) as address:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{address}/api-docs/openapi.json",
            *("--checks", CHECKS, *bound),
            *("--phases", "examples,coverage,fuzzing", "--header", f"Authorization:Bearer {token}"),
            *("--exclude-path-regex", APART, "--request-timeout", "60", "--no-color"),
            *("--suppress-health-check", "all", "--warnings", "off", "--no-shrink"),
        ]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=report,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, said.decode()


async def test_no_undocumented_answer(resources: Resources, tmp_path: Path) -> None:
    """Whatever is asked, nothing is answered 5xx, and nothing the description does not say."""
    unlimited = with_settings(resources, submissions_per_hour=0, profile_ownership_cap=100_000)
    code, said = await fuzzed(unlimited, tmp_path, "--max-examples", "3", "--seed", "7")

    assert code == 0, said
    assert "No issues found" in said, said


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_undocumented_answer_to_many(resources: Resources, tmp_path: Path) -> None:
    """The same for three minutes, with other questions every night."""
    unlimited = with_settings(resources, submissions_per_hour=0, profile_ownership_cap=1_000_000)
    code, said = await fuzzed(unlimited, tmp_path, "--max-time", "180")

    assert code == 0, said


async def test_every_error_is_a_described_problem(stranger: AsyncClient) -> None:
    """Each operation says what may go wrong, each time as a problem; writing needs a token."""
    described = (await stranger.get("/api-docs/openapi.json")).json()
    for path, item in described["paths"].items():
        for method, done in item.items():
            wrong = {code: said for code, said in done["responses"].items() if int(code) >= 400}
            kinds = {kind for said in wrong.values() for kind in said.get("content", {})}
            assert path.startswith("/up") or {"422", "503"} <= wrong.keys(), path
            assert path.startswith("/up") or kinds == {"application/problem+json"}, path
            assert bool(done.get("security")) == (method == "post")

    assert "Problem" in described["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(described)


@pytest.mark.parametrize("path", ["/api/v1/profiles/pip", "/api/v1/profiles/pip/assets", "run"])
async def test_not_sent_again(stranger: AsyncClient, resources: Resources, path: str) -> None:
    """Who has the newest is told so, in any of HTTP's ways to ask; a change is sent."""
    run_id = await finished(resources)
    path = f"/api/v1/runs/{run_id}" if path == "run" else path
    first = await stranger.get(path)
    tag = first.headers["etag"]
    same = [
        await stranger.get(path, headers={"If-None-Match": known})
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*")
    ]
    other = await stranger.get(path, headers={"If-None-Match": '"x"'})

    assert [(answer.status_code, answer.content) for answer in same] == [(304, b"")] * 4
    assert {answer.headers["etag"] for answer in same} == {tag}
    assert (other.status_code, other.content) == (200, first.content)
    assert first.headers["content-type"] == "application/json"


async def test_a_changed_profile_is_another(stranger: AsyncClient, resources: Resources) -> None:
    """The tag follows the content."""
    await finished(resources)
    before = await stranger.get("/api/v1/profiles/pip")
    async with resources.sessions.begin() as session:
        await session.execute(update(Profile).values(followers=12_345))
    known = {"If-None-Match": before.headers["etag"]}
    after = await stranger.get("/api/v1/profiles/pip", headers=known)

    assert after.status_code == 200
    assert after.json()["followers"] == 12_345


@pytest.mark.parametrize(
    ("allowed", "origin", "said"),
    [
        ("", "https://a.example", None),
        ("https://a.example,https://b.example", "https://b.example", "https://b.example"),
        ("https://a.example", "https://a.example.evil.test", None),
        ("https://a.example", "null", None),
        ("*", "https://anybody.example", "*"),
    ],
)
async def test_scripts_elsewhere(
    resources: Resources, allowed: str, origin: str, said: str | None
) -> None:
    """Scripts of the origins that are set may ask the API, without cookies; pages they may not."""
    async with program_at(with_settings(resources, cors_origins=allowed)) as client:
        asked = {"Origin": origin}
        preflight = asked | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        api = await client.get("/api/v1/logins/pip", headers=asked)
        before = await client.options("/api/v1/profiles", headers=preflight)
        page = await client.get("/", headers=HTML | asked)
        wrong = await client.get("/api/v1/profiles/nobody", headers=asked)

    allows = "access-control-allow-origin"
    assert (
        api.headers.get(allows) == before.headers.get(allows) == wrong.headers.get(allows) == said
    )
    assert (before.status_code == 200) == (said is not None)
    assert allows not in page.headers
    assert "access-control-allow-credentials" not in {**api.headers, **before.headers}


async def test_what_travels(stranger: AsyncClient) -> None:
    """AsyncAPI names every event, who tells it and who hears it, as the code does; refs resolve."""
    described = (await stranger.get("/api-docs/asyncapi.json")).json()
    page = (await stranger.get("/api-docs/events", headers=HTML)).text
    ApplicationSchema.model_validate(described)

    told = {f"{service}.tells.{e.subject}" for service, each in TOLD_BY.items() for e in each}
    heard = {f"{c.name}.hears.{e.subject}" for c in CONSUMERS for e in c.hears}
    assert set(described["operations"]) == told | heard
    assert set(described["channels"]) == {event.subject for event in events.ALL}
    for event in events.ALL:
        data = described["components"]["schemas"][event.__name__]
        assert set(data["properties"]) == set(event.model_fields)
        assert f"<code>{event.subject}</code>" in page
    for reference in _references(described):
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [ref for value in part.values() for ref in _references(value)]
    if isinstance(part, list):
        return [ref for value in part for ref in _references(value)]
    return []
