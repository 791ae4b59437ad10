"""What an attacker would try, each as a test: cookies, forged posts, keys, markup, caches."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select, text, update

from techub_api.accounts.sessions import COOKIE
from techub_api.accounts.tables import Session
from techub_api.app import create_app
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.schema import METADATA
from techub_common.database import transaction
from techub_common.events import NotificationRecorded
from tests.integration.api.conftest import start_run
from tests.integration.api.facts import card
from tests.integration.api.http.conftest import program_at, token_of, with_settings
from tests.integration.api.pages.conftest import (  # noqa: F401  # fixtures
    HTML,
    browser_at,
    developer,
    finished,
    token_in,
    workshop,
)

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror='alert(2)'>{{7*7}}"
SHORT = "\"'><script>a(1)</script>"
SCRIPTED = "javascript:alert(document.domain)//"
PRIVATE = ("runs", "debug", "backups", ".drafts", "secrets")
ALONE = {"text": "x", "login": "pip", "variant": "og", "extension": "png", "name": "site.css"}
NO_FORM = {"/unsubscribe/{token}", "/settings/account/confirm/{token}"}
"""Links in mails: who has the token may, and mail programs post it from anywhere (RFC 8058)."""
UNCHANGING = {"sessions", "sign_ins", "buckets"}
"""What looking at pages may write: when one was seen, a sign-in that was begun, what is counted."""


def routes(app: FastAPI, *, changing: bool) -> Iterator[tuple[str, str, str]]:
    """Yield method, template and an address of every route that changes something, or does not."""
    for route in _flat(app.routes):
        for method in sorted(route.methods - {"HEAD"}):
            if (method == "GET") != changing:
                address = re.sub(r"{(\w+)(?::path)?}", _filled, route.path)
                yield method, route.path, address


def _flat(found: list[Any]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _flat(route.original_router.routes)
        elif hasattr(route, "routes"):
            yield from _flat(route.routes)


def _filled(match: re.Match[str]) -> str:
    name = match[1]
    return str(uuid4()) if name.endswith("_id") else ALONE.get(name, "x")


async def ask(app: FastAPI, path: str, raw: str | None = None) -> tuple[int, bytes]:
    """Ask for a path as it is: no client tidies it up on the way."""
    said: dict[str, Any] = {"status": 0, "body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said["status"] = message.get("status", said["status"])
        said["body"] += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": (raw or quote(path)).encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"techub.test"), (b"accept", b"*/*")],
        "client": ("192.0.2.1", 1),
        "server": ("techub.test", 443),
    }
    await app(scope, receive, send)
    return said["status"], said["body"]


async def counted(resources: Resources) -> dict[str, Any]:
    """Return how many rows there are in each table that looking leaves alone."""
    found = {}
    async with transaction(resources.sessions) as session:
        for table in METADATA.sorted_tables:
            if table.name not in UNCHANGING:
                found[table.name] = await session.scalar(select(func.count()).select_from(table))
    return found


def assert_guarded(answer: Response, *, https: bool = True) -> None:
    """Check what every answer carries."""
    said = answer.headers
    where = f"{answer.request.method} {answer.request.url} {answer.status_code}"
    policy = said.get("content-security-policy", "")
    assert said.get("x-content-type-options") == "nosniff", where
    assert said.get("referrer-policy") == "strict-origin-when-cross-origin", where
    assert "default-src 'none'" in policy, where
    assert "unsafe-eval" not in policy, where
    assert "script-src 'unsafe-inline'" not in policy, where
    assert "base-uri 'none'" in policy or policy.startswith("sandbox "), where
    assert "frame-ancestors 'none'" in policy or policy.startswith("sandbox "), where
    lasts = said.get("strict-transport-security")
    assert lasts == ("max-age=31536000; includeSubDomains" if https else None), where


async def test_headers_of_every_answer(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """Whatever is asked, and whatever goes wrong, the answer carries the security headers."""
    await finished(workshop)
    app = create_app(workshop)
    asked = [address for _, _, address in routes(app, changing=False) if "events" not in address]
    for accept in (HTML, {"Accept": "application/json"}):
        for address in asked:
            assert_guarded(await developer.get(address, headers=accept))
    assert len(asked) > 30
    assert_guarded(await developer.put("/"))
    assert_guarded(await developer.post("/api/v1/profiles", content=b"x" * 70_000))
    assert_guarded(await developer.post("/submit", data={"form_token": "x"}))
    assert_guarded(await developer.get("/nowhere/at/all"))


async def test_headers_of_a_bug(resources: Resources) -> None:
    """A bug of ours is guarded as well, and says nothing of its inside."""
    app = create_app(resources)

    @app.get("/boom")
    async def boom() -> None:
        message = "secret inside"
        raise RuntimeError(message)

    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="https://techub.test") as client:
        for accept in (HTML, {"Accept": "*/*"}):
            answer = await client.get("/boom", headers=accept)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert_guarded(answer)


async def test_without_https(resources: Resources) -> None:
    """Where TecHub is reached by http, a browser is not told to insist on https."""
    plain = with_settings(resources, app_host="http://techub.test")
    async with program_at(plain) as client:
        assert_guarded(await client.get("/"), https=False)


async def test_every_cookie(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """Each cookie is for this host alone, for https alone, and no script's or other site's."""
    del developer
    async with browser_at(workshop) as client:
        form = await client.get("/sign-in")
        into = await client.post("/dev/sign-in", data={"form_token": token_in(form)})
        page = await client.get("/")
        out = await client.post("/session/end", data={"form_token": token_in(page)})
        cookies = [c for a in (form, into, page, out) for c in a.headers.get_list("set-cookie")]

    assert out.headers["clear-site-data"] == '"cache", "storage"'
    assert len(cookies) >= 5
    for cookie in cookies:
        parts = {part.strip().lower().partition("=")[0] for part in cookie.split(";")}
        assert cookie.startswith("__Host-"), cookie
        assert {"secure", "httponly", "path", "samesite"} <= parts, cookie
        assert "domain" not in parts, cookie
        assert "Path=/;" in f"{cookie};", cookie
        assert "samesite=lax" in cookie.lower(), cookie


async def test_cross_site_posts(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """Whatever another site has a signed-in browser post, nothing changes."""
    await finished(workshop)
    app = create_app(workshop)
    before = await counted(workshop)
    foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site", **HTML}
    asked = [(m, p, a) for m, p, a in routes(app, changing=True) if p not in NO_FORM]
    for method, path, address in asked:
        for sent in ({"login": "pip", "wanted": "no"}, {"form_token": "made-up", "login": "pip"}):
            answer = await developer.request(method, address, data=sent, headers=foreign)
            assert answer.status_code in {401, 403, 404, 422}, (path, answer.status_code)

    assert len(asked) > 15
    assert await counted(workshop) == before
    assert "Sign out" in (await developer.get("/")).text


async def test_links_in_mails_forged(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """The two addresses that take a post from anywhere take it with their signed token only."""
    before = await counted(workshop)
    answers = [await developer.post(path.replace("{token}", "x.y.z")) for path in sorted(NO_FORM)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert await counted(workshop) == before


async def test_looking_changes_nothing(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """No address that is only looked at changes anything."""
    await finished(workshop)
    before = await counted(workshop)
    for _, _, address in routes(create_app(workshop), changing=False):
        if "events" not in address:
            await developer.get(address)

    assert await counted(workshop) == before


@pytest.mark.parametrize("prefix", PRIVATE)
async def test_private_objects(resources: Resources, prefix: str) -> None:
    """An object below a private prefix is not to be had, however one spells its address."""
    await finished(resources)
    key = f"{prefix}/0/secret.json"
    if prefix == ".drafts":
        place = resources.objects.path_of("generated/x").parents[1] / prefix / "0"  # type: ignore[attr-defined]
        place.mkdir(parents=True, exist_ok=True)
        (place / "secret.json").write_bytes(b"nobody's business")
    else:
        await resources.objects.put(key, b"nobody's business", "application/json")
    app = create_app(resources)
    ways = [
        f"{up}{key}"
        for door in ("/generated/", "/avatars/", "/generated/pip/", "/static/", "/")
        for up in (door, f"{door}../", f"{door}../../", f"{door}..\\", f"{door}/", f"{door}./")
    ]
    ways += [
        f"/generated/..%2f{key}",
        f"/generated/%2e%2e/{key}",
        f"/generated/pip/..%252f..%252f{key}",
        f"/generated/pip\x00/../../{key}",
        f"/download/..%2f{prefix}/0.json",
        f"/cards/../{key}",
        f"/og/../{key}.jpg",
        f"/{key}.png",
        f"/generated/{'../' * 8}etc/passwd",
        f"/avatars/file:///{key}",
    ]
    for path in ways:
        status, body = await ask(app, path)
        assert b"nobody's business" not in body, path
        assert b"root:" not in body, path
        assert status in {200, 404, 422}, (path, status)
        assert status != 200 or "png" in path or "og/" in path, path


async def test_stored_markup(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """Markup in any field of GitHub's, of the card's or of a form's is text wherever shown."""
    run_id = await start_run(workshop, "pip", "sample-user")
    repository = {
        "name": HOSTILE,
        "full_name": f"pip/{HOSTILE}",
        "description": HOSTILE,
        "html_url": SCRIPTED,
        "language": HOSTILE,
        "topics": [HOSTILE],
        "stars": 5,
    }
    facts = {
        **dict.fromkeys(("name", "bio", "company", "location", "summary"), HOSTILE),
        **dict.fromkeys(("blog", "html_url"), SCRIPTED),
        "twitter_username": HOSTILE,
        "languages": {HOSTILE: 3},
        "language_bytes": {HOSTILE: 3},
        "top_repositories": [repository],
        "pinned": [repository],
        "active": [repository],
        "organizations": [
            {"id": 1, "login": HOSTILE, "name": HOSTILE, "avatar_url": SCRIPTED, "description": "x"}
        ],
        "social_accounts": [{"provider": HOSTILE, "url": SCRIPTED, "display_name": HOSTILE}],
        "activity": {"total_events": 1, "event_breakdown": {HOSTILE: 1}, "recent_repos": [HOSTILE]},
        "readme": HOSTILE,
    }
    made = await card(workshop, run_id, "pip", **facts)
    assert made.traits is not None
    texts = {
        name: SHORT
        for name, value in made.traits
        if isinstance(value, str) and name not in {"archetype", "spirit_animal", "playing_card"}
    }
    traits = made.traits.model_copy(update=texts)
    await keep_ledger(made.model_copy(update={"traits": traits}), workshop)
    pages = ["/", "/directory", "/profiles/pip", f"/runs/{run_id}", "/my/profiles", "/cards/pip/og"]
    pages += [f"/directory?q={quote(SHORT)}", f"/submit?login={quote(HOSTILE)}"]
    shown = 0
    for path in pages:
        page = await developer.get(path)
        assert page.status_code == 200, path
        assert "<script>a" not in page.text, path
        shown += "alert(1)" in page.text or "a(1)" in page.text
        assert "{{7*7}}" in page.text or path != "/profiles/pip"  # not computed by a template
        Harmless(path).feed(page.text)
    program = await developer.get("/api/v1/profiles/pip")

    assert shown >= 3
    assert program.headers["content-type"] == "application/json"
    assert json.loads(program.content)["name"] == HOSTILE


class Harmless(HTMLParser):
    """Fails on a tag that runs something or leads to a script."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at every attribute."""
        for name, value in attrs:
            assert not name.startswith("on"), (self._path, tag, name)
            if name in {"href", "src", "action", "formaction", "srcset", "data"}:
                assert not (value or "").strip().lower().startswith("javascript:"), self._path
        assert tag not in {"object", "embed", "base", "iframe"}, (self._path, tag)


@pytest.mark.parametrize("path", ["/pip.png", "/og/pip.jpg", "/cards/pip/og", "/nobody.png"])
async def test_cache_poisoning(resources: Resources, path: str) -> None:
    """What an asker sends beside the address changes nothing that a cache would give to others."""
    await finished(resources)
    hostile = {
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/evil",
        "X-Rewrite-URL": "/evil",
        "Forwarded": "host=evil.test;proto=http",
        "Origin": "https://evil.test",
        "Cookie": "__Host-techub_session=evil; evil=evil",
        "Authorization": "Bearer evil",
        "X-HTTP-Method-Override": "POST",
        "Accept": "image/*",
    }
    async with program_at(resources) as client:
        plain = await client.get(path, headers={"Accept": "image/*"})
        poisoned = await client.get(f"{path}?evil=1&utm_source=x", headers=hostile)
        small = await client.get(path, headers={"Accept": "image/webp,image/*"})

    kept = [
        {k: v for k, v in answer.headers.items() if k != "date"} for answer in (plain, poisoned)
    ]
    assert poisoned.content == plain.content
    assert kept[0] == kept[1]
    assert "evil" not in str(poisoned.headers)
    assert "set-cookie" not in plain.headers
    if small.content != plain.content:
        assert "accept" in plain.headers["vary"].lower()


async def test_a_redirect_to_the_store_is_ours(resources: Resources) -> None:
    """Where pictures lie in a public bucket, nobody can say which."""
    store = "https://pictures.techub.test/bucket"
    address = f"s3://techub?public_base_url={store}"
    await finished(resources)
    settings = {"storage_url": address}
    async with program_at(with_settings(resources, **settings)) as client:
        hostile = {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
        answer = await client.get("/pip.png?download=//evil.test", headers=hostile)

    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{store}/generated/pip/og-")
    assert "accept" in answer.headers["vary"].lower()


async def test_an_idle_session(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """A session nobody used for a fortnight is over, though its 30 days are not."""
    async with transaction(workshop.sessions) as session:
        idle = text("interval '14 days 1 second'")
        await session.execute(update(Session).values(seen_at=func.now() - idle))
    page = await developer.get("/settings/account")

    assert page.headers["location"].startswith("/sign-in")


async def test_what_must_not_be_kept(developer: AsyncClient) -> None:  # noqa: F811
    """Pages with an address or a token are kept by no browser and no cache; no page is shared."""
    account = await developer.get("/settings/account")
    token = await developer.post(
        "/settings/account/tokens", data={"form_token": token_in(account), "name": "x"}
    )
    page = await developer.get("/my/profiles")

    assert account.headers["cache-control"] == token.headers["cache-control"] == "no-store"
    assert page.headers["cache-control"] == "private, no-cache"
    assert "Cookie" in page.headers["vary"]
    assert developer.cookies[f"__Host-{COOKIE}"] not in account.text + token.text + page.text


async def test_no_trace(developer: AsyncClient) -> None:  # noqa: F811
    """TRACE is answered 405 everywhere: nothing mirrors a request."""
    answers = [
        await developer.request("TRACE", path) for path in ("/", "/api/v1/profiles/x", "/pip.png")
    ]

    assert {answer.status_code for answer in answers} == {405}


async def test_fields_nobody_may_set(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """Fields a form or a body does not have change nothing (mass assignment)."""
    form = {"form_token": token_in(await developer.get("/settings/account")), "wanted": "no"}
    await developer.post(
        "/settings/account/mail", data=form | {"github_id": "1", "email_verified_at": "now"}
    )
    async with transaction(workshop.sessions) as session:
        assert await session.scalar(text("SELECT count(*) FROM api.users WHERE github_id = 1")) == 0
    async with program_at(workshop, await token_of(workshop, "ada")) as client:
        answer = await client.post("/api/v1/profiles", json={"login": "pip", "listed": False})

    assert answer.status_code == 422
    async with transaction(workshop.sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Profile)) == 0


async def test_what_browsers_never_send(developer: AsyncClient, workshop: Resources) -> None:  # noqa: F811
    """A strange cookie, or a line number beyond all counting, is no error of ours."""
    run_id = await finished(workshop)
    told = NotificationRecorded(run_id=run_id, login="pip", event="completed", counts={})
    await keep_ledger(told, workshop)
    token = token_in(await developer.get("/settings/account"))
    strange = "; ".join(
        f"{one.name}={one.value if 'form' not in one.name else chr(233)}"
        for one in developer.cookies.jar
    )
    form = await developer.post(
        "/settings/account/mail",
        data={"form_token": token, "wanted": "no"},
        headers={"Cookie": strange.encode("latin-1")},
    )
    story = await developer.get(
        f"/api/v1/runs/{run_id}/events", headers={"Last-Event-ID": "9" * 5000}
    )

    assert form.status_code == 403
    assert story.status_code == 200
    assert "event: end" in story.text
