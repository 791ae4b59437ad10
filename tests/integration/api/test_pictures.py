"""Pictures as the api serves them, and what it says of them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient

from techub_api.app import create_app
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_common.events import AvatarState
from techub_common.storage import FOR_EVER, FOR_MINUTES
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import captured, card, failed, recorded

PICTURE = "generated/pip/og-0123456789ab.png"


@pytest.fixture
async def stranger(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give somebody who asks the api for pictures."""
    await resources.objects.put(PICTURE, b"0123456789", "image/png")
    await resources.objects.put("runs/secret.json", b"for nobody", "application/json")
    async with AsyncClient(
        transport=ASGITransport(create_app(resources)), base_url="https://techub.test"
    ) as client:
        yield client


async def test_a_picture_by_its_key(stranger: AsyncClient) -> None:
    """A picture may be kept for ever, asked for anew, in parts, and to be saved."""
    whole = await stranger.get(f"/{PICTURE}")
    known = {"If-None-Match": f'"other", {whole.headers["etag"]}'}
    again = await stranger.get(f"/{PICTURE}", headers=known)
    part = await stranger.get(f"/{PICTURE}", headers={"Range": "bytes=2-4"})
    head = await stranger.head(f"/{PICTURE}")
    saved = await stranger.get(f"/{PICTURE}?download")

    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["cache-control"] == FOR_EVER
    assert whole.headers["content-type"] == "image/png"
    assert "content-disposition" not in whole.headers
    assert (again.status_code, again.content) == (304, b"")
    assert (part.status_code, part.content) == (206, b"234")
    assert head.headers["content-length"] == "10"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''pip-og.png"


async def test_a_note_may_change(stranger: AsyncClient, resources: Resources) -> None:
    """The note about a picture is kept for minutes, and sent again once it says something else."""
    key = "generated/pip/meta/og-0123456789ab.json"
    await resources.objects.put(key, b"{}", "application/json")
    first = await stranger.get(f"/{key}")
    same = await stranger.get(f"/{key}", headers={"If-None-Match": first.headers["etag"]})
    await resources.objects.put(key, b'{"engine": 1}', "application/json")
    other = await stranger.get(f"/{key}", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == FOR_MINUTES
    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/generated/../runs/secret.json",
        "/generated/%2e%2e/runs/secret.json",
        "/generated/..%2fruns%2fsecret.json",
        "/generated/..%5cruns%5csecret.json",
        "/generated/%252e%252e/runs/secret.json",
        "/generated//runs/secret.json",
        "/generated/",
        "/generated/pip",
        "/generated/pip/.drafts",
        "/generated/%00",
        "/generated/pip/og-0123456789ab.png/more",
        "/avatars/../../etc/passwd",
        "/avatars/.drafts/x",
        "/runs/secret.json",
        "/.drafts/x",
    ],
)
async def test_nothing_else_is_served(stranger: AsyncClient, path: str) -> None:
    """Only the public prefixes are served, whatever an address is made of."""
    answer = await stranger.get(path, headers={"If-None-Match": "*"})

    assert answer.status_code in {404, 405, 422}
    assert b"for nobody" not in answer.content


async def test_elsewhere(resources: Resources) -> None:
    """Where a CDN serves what is public, the api leads there and nowhere else; saving is here."""
    url = "s3://techub?public_base_url=https://cdn.test"
    settings = resources.settings.model_copy(update={"storage_url": url})
    await finished(resources)
    async with AsyncClient(
        transport=ASGITransport(create_app(replace(resources, settings=settings))),
        base_url="https://techub.test",
    ) as stranger:
        keyed = await stranger.get("/generated/pip/og-aaaaaaaaaaaa.png")
        preview = await stranger.get("/og/pip.jpg", headers={"Accept": "image/webp"})
        outwards = await stranger.get("/generated//evil.test/x.png")
        saved = await stranger.get("/generated/pip/og-aaaaaaaaaaaa.png?download")
        missing = await stranger.get("/og/nobody.jpg")

    assert keyed.status_code == 302
    assert keyed.headers["location"] == "https://cdn.test/generated/pip/og-aaaaaaaaaaaa.png"
    assert preview.headers["location"] == "https://cdn.test/generated/pip/og-aaaaaaaaaaaa.webp"
    assert preview.headers["vary"] == "Accept"
    assert outwards.headers.get("location", "https://cdn.test/").startswith("https://cdn.test/")
    assert (saved.status_code, saved.content) == (200, b"png")
    assert missing.status_code == 200


async def test_negotiation(stranger: AsyncClient, resources: Resources) -> None:
    """The stable addresses give the small format to those who name it, and say that they differ."""
    await finished(resources)
    small = await stranger.get("/og/pip.jpg", headers={"Accept": "image/avif,image/webp,*/*"})
    plain = await stranger.get("/pip.png", headers={"Accept": "*/*"})

    assert (small.headers["content-type"], small.content) == ("image/webp", b"webp")
    assert (plain.headers["content-type"], plain.content) == ("image/png", b"png")
    assert small.headers["vary"] == plain.headers["vary"] == "Accept"
    assert small.headers["etag"] == plain.headers["etag"]  # the facts of these tests say so


async def test_a_file_that_got_lost(stranger: AsyncClient, resources: Resources) -> None:
    """A preview whose file is not in the store any more is the next format, or no card."""
    await finished(resources)
    await resources.objects.delete("generated/pip/og-aaaaaaaaaaaa.png")
    other = await stranger.get("/pip.png")
    for extension in ("png", "webp"):
        await resources.objects.delete(f"generated/pip/card-aaaaaaaaaaaa.{extension}")
    none = await stranger.get("/pictures/pip/card.png")

    assert other.content == b"webp"
    assert none.headers["etag"].startswith('"no-card-nobody-jpg-')


async def test_downloads(stranger: AsyncClient, resources: Resources) -> None:
    """The newest file of a picture is saved under a name that says whose it is."""
    await finished(resources)
    webp = await stranger.get("/download/PIP/og.webp")

    assert (webp.status_code, webp.content) == (200, b"webp")
    assert webp.headers["content-disposition"].endswith("pip-og.webp")
    for path in ("/download/pip/og.gif", "/download/pip/og.jpg", "/download/pip/poster.png"):
        assert (await stranger.get(path)).status_code == 404


async def test_assets(stranger: AsyncClient, resources: Resources) -> None:
    """Every public file is listed with its size, who made it and what was saved."""
    await finished(resources, avatar=True)
    shown = (await stranger.get("/api/v1/profiles/PIP/assets")).json()

    assert shown["login"] == "pip"
    assert {(asset["kind"], asset["format"]) for asset in shown["assets"]} == {
        ("avatar", "png"),
        *((kind, form) for kind in resources.variants for form in ("png", "webp")),
    }
    for asset in shown["assets"]:
        assert (asset["provider"], asset["engine"], asset["bytes_before"]) == ("vips", "vips", 10)
        assert (asset["bytes"], asset["savings_percent"]) == (5, 50.0)
        assert (asset["width"], asset["height"]) == (4, 2)
        assert asset["mime"] == f"image/{asset['format']}"
        assert asset["url"].startswith("https://techub.test/")
    assert (await stranger.get("/api/v1/profiles/nobody/assets")).status_code == 404


async def test_a_profile_page_says_who_made_it(stranger: AsyncClient, resources: Resources) -> None:
    """The page names the engine and what was saved, and its files are saved under good names."""
    await finished(resources)
    page = await stranger.get("/profiles/pip?tab=pictures", headers={"Accept": "text/html"})

    assert '<span title="vips">50 % lighter</span>' in page.text
    assert 'href="/download/pip/og.webp" download="pip-og.webp"' in page.text


@pytest.mark.parametrize("code", ["object_missing", "object_damaged"])
async def test_the_old_picture_stays(resources: Resources, code: str) -> None:
    """A capture that got lost is no picture; the run ends, and the old picture stays published."""
    await finished(resources)
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id, followers=4), resources)  # another view
    for kind in resources.variants[1:]:
        await keep_ledger(recorded(run_id, kind, "bbbbbbbbbbbb"), resources)
    lost = failed(run_id, resources.variants[0], "optimize").model_copy(update={"code": code})
    await keep_ledger(lost, resources)

    run = await run_row(resources, run_id)
    assert run.status == "partial_success"
    assert [part["reason"] for part in run.degradations] == ["The picture og could not be made"]
    async with AsyncClient(
        transport=ASGITransport(create_app(resources)), base_url="https://techub.test"
    ) as stranger:
        shown = (await stranger.get("/api/v1/profiles/pip/assets")).json()["assets"]
    urls = {asset["kind"]: asset["url"] for asset in shown}
    assert "og-aaaaaaaaaaaa" in urls[resources.variants[0]]
    assert "bbbbbbbbbbbb" in urls[resources.variants[1]]


async def finished(resources: Resources, *, avatar: bool = False) -> None:
    """Deal a card with every picture, each file lying in the store."""
    run_id = await start_run(resources, "pip")
    state = AvatarState.sent if avatar else AvatarState.absent
    await keep_ledger(await card(resources, run_id, avatar=state), resources)
    for kind in (*(("avatar",) if avatar else ()), *resources.variants):
        await keep_ledger(await captured(resources, run_id, kind), resources)
        made = recorded(run_id, kind)
        for file in made.renditions:
            await resources.objects.put(file.object_key, file.format.encode(), file.mime)
        await keep_ledger(made, resources)
