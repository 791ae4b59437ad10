"""What GitHub tells us: real recorded deliveries, signed here."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import func, select

from techub_api.accounts.actions import user_with_login
from techub_api.accounts.sessions import open_session
from techub_api.accounts.tables import Session
from techub_api.hooks.signatures import verify
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_common.database import open_sessions, transaction
from techub_common.errors import Permanent
from tests.integration.api.pages.conftest import browser_at

SECRET = "It's a Secret to Everybody"
OCTOCAT = 1
CODERTOCAT = 21031067


@pytest.fixture
async def github(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give GitHub in front of an api that knows the secret."""
    settings = resources.settings.model_copy(update={"github_webhook_secret": SecretStr(SECRET)})
    async with browser_at(replace(resources, settings=settings)) as client:
        yield client


@pytest.fixture
def deliveries(recorded: Path) -> Path:
    """Give the folder of recorded webhooks."""
    return recorded / "github" / "webhooks"


async def deliver(
    client: AsyncClient, event: str, body: bytes, *, secret: str = SECRET, **headers: str
) -> Response:
    """Post a webhook as GitHub does."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    known = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
        "Accept": "*/*",
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/github/webhooks", content=body, headers=known | given)


async def known(resources: Resources, github_id: int, **facts: Any) -> None:
    """Store a profile that was read two hours ago."""
    plain = {"login": f"p{github_id}", "display_login": f"p{github_id}", "languages": []}
    read = {"synced_at": datetime.now(UTC) - timedelta(hours=2)}
    async with transaction(resources.sessions) as session:
        session.add(Profile(github_id=github_id, **plain | read | facts))


async def due(resources: Resources) -> dict[int | None, datetime | None]:
    """Return GitHub id → when its profile is due."""
    async with transaction(resources.sessions) as session:
        rows = await session.execute(select(Profile.github_id, Profile.due_at))
        return {row[0]: row[1] for row in rows}


async def signed_in(resources: Resources, login: str, github_id: int) -> None:
    """Sign somebody in, in two browsers."""
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, login)
        user.github_id = github_id
        await session.flush()
        for device in ("one", "two"):
            await open_session(session, user.id, device)


async def sessions(resources: Resources) -> int:
    """Return how many sessions are good."""
    async with transaction(resources.sessions) as session:
        return await session.scalar(select(func.count()).select_from(Session)) or 0


def test_published_vectors(deliveries: Path) -> None:
    """The signatures GitHub and others published, and those over recorded bytes, fit ours."""
    vectors = json.loads((deliveries / "_signatures.json").read_text("utf-8"))
    for vector in vectors:
        named = vector.get("body_file")
        body = (deliveries / named).read_bytes() if named else vector["body"].encode()
        verify(vector["secret"], vector["sha256"], body)
        with pytest.raises(Permanent, match="does not fit"):
            verify(vector["secret"], vector["sha256"], body + b"\n")

    assert len(vectors) > 10


async def test_consent_taken_back(
    github: AsyncClient, resources: Resources, deliveries: Path
) -> None:
    """Who revokes the app at GitHub is signed out everywhere, and nobody else is."""
    await signed_in(resources, "octocat", OCTOCAT)
    await signed_in(resources, "ada", 2)
    body = (deliveries / "github_app_authorization.revoked.json").read_bytes()
    answer = await deliver(github, "github_app_authorization", body)

    assert (answer.status_code, answer.content) == (204, b"")
    assert await sessions(resources) == 2


@pytest.mark.parametrize(
    ("event", "file", "whose"),
    [
        ("push", "push.json", CODERTOCAT),
        ("push", "octocrab.push.json", 10496163),
        ("star", "star.created.json", CODERTOCAT),
        ("repository", "repository.renamed.json", 38302899),
    ],
)
async def test_a_change_marks_due(
    github: AsyncClient, resources: Resources, deliveries: Path, event: str, file: str, whose: int
) -> None:
    """A push, a star and a rename have the owner's profile refreshed, and nobody else's."""
    await known(resources, whose)
    await known(resources, 5)
    answer = await deliver(github, event, (deliveries / file).read_bytes())

    moments = await due(resources)
    assert answer.status_code == 204
    assert moments[whose] is not None
    assert moments[5] is None


async def test_at_most_hourly(github: AsyncClient, resources: Resources, deliveries: Path) -> None:
    """However many pushes there are, the profile is due once, an hour after its last reading."""
    read = datetime.now(UTC) - timedelta(minutes=10)
    await known(resources, CODERTOCAT, synced_at=read)
    body = (deliveries / "push.json").read_bytes()
    moments = set()
    for _ in range(3):
        await deliver(github, "push", body)
        moments.add((await due(resources))[CODERTOCAT])

    assert moments == {read + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("event", "file"),
    [
        ("ping", "ping.json"),
        ("repository", "repository.privatized.json"),
        ("public", "public.json"),
        ("installation", "installation.created.json"),
        ("organization", "organization.member_added.json"),
        ("workflow_run", "workflow_run.completed.json"),
        ("installation", "hub4j.installation_deleted.json"),
    ],
)
async def test_the_rest_changes_nothing(
    github: AsyncClient, resources: Resources, deliveries: Path, event: str, file: str
) -> None:
    """What tells us nothing is answered 204 and changes nothing."""
    for github_id in (CODERTOCAT, 38302899):
        await known(resources, github_id)
    answer = await deliver(github, event, (deliveries / file).read_bytes())

    assert answer.status_code == 204
    assert set((await due(resources)).values()) == {None}


async def test_heard_once(github: AsyncClient, resources: Resources, deliveries: Path) -> None:
    """A delivery that comes again, or twice at once, has no second effect."""
    body = (deliveries / "github_app_authorization.revoked.json").read_bytes()
    again = {"X_GitHub_Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    event = "github_app_authorization"
    first = await asyncio.gather(*(deliver(github, event, body, **again) for _ in range(3)))
    await signed_in(resources, "octocat", OCTOCAT)
    later = await deliver(github, event, body, **again)

    assert {answer.status_code for answer in (*first, later)} == {204}
    assert await sessions(resources) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Hub_Signature_256": ""},
        {"X_Hub_Signature_256": "sha256="},
        {"X_Hub_Signature_256": "sha256=" + "0" * 64},
        {"X_Hub_Signature_256": "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"},
        {"X_Hub_Signature_256": "s\u00e4256"},
    ],
)
async def test_forged(
    github: AsyncClient, resources: Resources, deliveries: Path, headers: dict[str, str]
) -> None:
    """Nothing changes without GitHub's signature over these very bytes."""
    await signed_in(resources, "octocat", OCTOCAT)
    body = (deliveries / "github_app_authorization.revoked.json").read_bytes()
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    forged = await deliver(github, "github_app_authorization", body, **raw)  # type: ignore[arg-type]
    other = await deliver(github, "github_app_authorization", body, secret="of somebody else")

    assert {forged.status_code, other.status_code} == {401}
    assert forged.headers["content-type"] == "application/problem+json"
    assert await sessions(resources) == 2


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"sender": {"id": "x"}}', b'{"sender": {"id": 1e30}}', b"\xff"]
)
async def test_malformed(github: AsyncClient, body: bytes) -> None:
    """A signed body that is not what GitHub sends is a problem, not a crash."""
    assert (await deliver(github, "push", body)).status_code == 422


async def test_without_an_id(github: AsyncClient) -> None:
    """A delivery without an id cannot be told from another; an odd one is as good as GitHub's."""
    body = b'{"sender": {"id": 7}}'

    assert (await deliver(github, "push", body, X_GitHub_Delivery="")).status_code == 422
    assert (await deliver(github, "push", body, X_GitHub_Delivery="odd")).status_code == 204


async def test_a_large_push(github: AsyncClient, resources: Resources, deliveries: Path) -> None:
    """A push of many commits is heard; two megabytes are the most."""
    await known(resources, CODERTOCAT)
    said = json.loads((deliveries / "push.json").read_bytes())
    said["commits"] = [{"message": "x" * 1000} for _ in range(1000)]
    heard = await deliver(github, "push", json.dumps(said).encode())
    said["commits"] *= 3
    too_large = await deliver(github, "push", json.dumps(said).encode())

    assert (heard.status_code, too_large.status_code) == (204, 413)
    assert (await due(resources))[CODERTOCAT] is not None


async def test_not_set_up(resources: Resources) -> None:
    """Without a secret nothing is heard."""
    async with browser_at(resources) as client:
        assert (await deliver(client, "push", b"{}")).status_code == 404


async def test_the_database_is_away(resources: Resources, deliveries: Path) -> None:
    """While the database is away GitHub is told so, and may deliver again."""
    settings = resources.settings.model_copy(update={"github_webhook_secret": SecretStr(SECRET)})
    async with (
        open_sessions("postgresql+asyncpg://nobody@127.0.0.1:1/none") as none,
        browser_at(replace(resources, settings=settings, sessions=none)) as client,
    ):
        answer = await deliver(client, "push", (deliveries / "push.json").read_bytes())

    assert answer.status_code == 503
