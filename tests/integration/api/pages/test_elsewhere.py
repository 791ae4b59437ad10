"""The card elsewhere, and what goes wrong, for browsers and for programs."""

import io
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from PIL import Image
from sqlalchemy import func, select, update

from techub_api.app import create_app
from techub_api.profiles.tables import Picture, Profile
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import open_sessions, transaction
from tests.integration.api.conftest import start_run
from tests.integration.api.pages.conftest import HTML, browser_at, finished, refused


async def runs_of(resources: Resources) -> int:
    """Return how many runs there are."""
    async with transaction(resources.sessions) as session:
        return await session.scalar(select(func.count()).select_from(Run)) or 0


async def test_the_link_preview(browser: AsyncClient, resources: Resources) -> None:
    """The stable address gives the current picture, and 304 to whoever has it."""
    await finished(resources)
    first = await browser.get("/og/PIP.jpg")
    again = await browser.get(
        "/og/pip.jpg", headers={"If-None-Match": f"W/{first.headers['etag']}"}
    )
    head = await browser.head("/pip.png")

    assert (first.status_code, first.content) == (200, b"png")
    assert first.headers["content-type"] == "image/png"
    assert first.headers["cache-control"].startswith("public, max-age=300, stale-while-revalidate=")
    assert first.headers["vary"] == "Accept"
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")


async def test_jpeg_where_there_is_one(browser: AsyncClient, resources: Resources) -> None:
    """`.jpg` prefers JPEG and `.png` prefers PNG."""
    await finished(resources)
    async with transaction(resources.sessions) as session:
        await session.execute(
            update(Picture)
            .where(Picture.variant == "og", Picture.format == "webp")
            .values(format="jpeg", mime="image/jpeg")
        )

    assert (await browser.get("/og/pip.jpg")).headers["content-type"] == "image/jpeg"
    assert (await browser.get("/pip.png")).headers["content-type"] == "image/png"


STAND_INS = [
    ("/og/nobody.jpg", "jpeg"),
    ("/nobody.png", "jpeg"),
    ("/nobody.webp", "webp"),
    ("/pictures/nobody/tcg.png", "jpeg"),
    ("/no!body.png", "jpeg"),
]


@pytest.mark.parametrize(("path", "form"), STAND_INS)
async def test_never_a_broken_image(browser: AsyncClient, path: str, form: str) -> None:
    """Where there is no card yet a picture says so, and is asked for again soon."""
    answer = await browser.get(path, headers={"Accept": "image/*"})
    again = await browser.get(path, headers={"If-None-Match": answer.headers["etag"]})
    head = await browser.head(path)

    assert (answer.status_code, again.status_code, head.status_code) == (200, 304, 200)
    assert answer.headers["content-type"] == f"image/{form}"
    assert answer.headers["cache-control"].startswith("public, max-age=60, stale-while-")
    assert answer.headers["etag"].startswith('"no-card-nobody-')
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (1200, 630)


@pytest.mark.parametrize("path", ["/cards/nobody/og", "/download/nobody/og.png"])
async def test_no_card_elsewhere(browser: AsyncClient, path: str) -> None:
    """Where there is no card, programs get a problem."""
    answer = await browser.get(path, headers={"Accept": "image/*"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_card_as_it_is_drawn(browser: AsyncClient, resources: Resources) -> None:
    """The page a picture is taken of is shown in a sandbox, the avatar inlined."""
    await finished(resources)
    await resources.objects.put("avatars/a.png", b"avatar", "image/png")
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(avatar_key="avatars/a.png"))
    page = await browser.get(f"/cards/pip/{resources.variants[0]}")

    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; script-src 'sha256-")
    assert "Moonlit Stargazer" in page.text
    assert "data:image/png;base64,YXZhdGFy" in page.text


@pytest.mark.parametrize("variant", ["poster", "..%2Fog"])
async def test_no_such_canvas(browser: AsyncClient, resources: Resources, variant: str) -> None:
    """A canvas nobody draws on is not there."""
    await finished(resources)

    assert (await browser.get(f"/cards/pip/{variant}")).status_code == 404


async def test_a_refused_profile_has_no_preview(browser: AsyncClient, resources: Resources) -> None:
    """A profile without a card has no picture of its own, and asking for one starts nothing."""
    await refused(resources)
    before = await runs_of(resources)

    assert (await browser.get("/og/ghost.jpg")).headers["etag"].startswith('"no-card-refused-jpg-')
    assert await runs_of(resources) == before


async def test_a_card_in_the_making(browser: AsyncClient, resources: Resources) -> None:
    """While the first run goes on the picture says so, and asking for it starts nothing."""
    await start_run(resources, "pip")
    before = await runs_of(resources)

    assert (await browser.get("/pip.png")).headers["etag"].startswith('"no-card-dealing-jpg-')
    assert await runs_of(resources) == before


async def test_every_picture_has_an_address(browser: AsyncClient, resources: Resources) -> None:
    """A picture's stable address gives the newest file, in the format of its name."""
    await finished(resources)
    for variant in resources.variants:
        for form in ("png", "webp"):
            answer = await browser.get(f"/pictures/PIP/{variant}.{form}")

            assert (answer.status_code, answer.content) == (200, form.encode())
            assert answer.headers["cache-control"].startswith("public, max-age=300")


@pytest.mark.parametrize(
    "path", ["/pictures/pip/poster.png", "/pictures/pip/og.gif", "/favicon.png"]
)
async def test_no_such_picture(browser: AsyncClient, resources: Resources, path: str) -> None:
    """A canvas nobody draws on, a format nobody makes and a browser's own icon are not there."""
    await finished(resources)

    assert (await browser.get(path)).status_code == 404


async def test_programs_get_problems(browser: AsyncClient) -> None:
    """The API answers problems, whatever the asker says it likes; pages do for programs."""
    api = await browser.get("/api/v1/profiles/nobody", headers=HTML)
    program = await browser.get("/nothing", headers={"Accept": "*/*"})
    person = await browser.get("/nothing", headers=HTML)

    assert api.headers["content-type"] == "application/problem+json"
    assert program.headers["content-type"] == "application/problem+json"
    assert person.headers["content-type"].startswith("text/html")
    assert {answer.status_code for answer in (api, program, person)} == {404}


async def test_the_database_is_away(resources: Resources) -> None:
    """While the database is away people get a page that says when to come back."""
    async with (
        open_sessions("postgresql+asyncpg://nobody@127.0.0.1:1/none") as sessions,
        browser_at(replace(resources, sessions=sessions)) as client,
    ):
        page = await client.get("/")
        problem = await client.get("/profiles/pip", headers={"Accept": "*/*"})

    assert page.status_code == 503
    assert page.headers["retry-after"] == "5"
    assert "still shuffling" in page.text
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_bug(resources: Resources) -> None:
    """A bug of ours is a page without a word about its inside."""
    app = create_app(resources)

    @app.get("/boom")
    async def boom() -> None:
        message = "secret inside"
        raise RuntimeError(message)

    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="https://techub.test") as client:
        page = await client.get("/boom", headers=HTML)
        problem = await client.get("/boom")

    assert page.status_code == problem.status_code == 500
    assert "We dropped the deck" in page.text
    assert "secret" not in page.text + problem.text
    assert problem.headers["content-type"] == "application/problem+json"
