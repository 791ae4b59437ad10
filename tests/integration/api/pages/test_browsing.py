"""The directory, the questions and the API's own description, as anybody sees them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from techub_api.profiles.directory import PAGE, Wanted, find
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.pages.conftest import finished

START = datetime(2026, 1, 1, tzinfo=UTC)


async def put(resources: Resources, login: str, place: int = 0, **more: Any) -> None:
    """Put a profile with a card and a picture into the deck, the higher its place the newer."""
    traits = {"title": "Title", "archetype": "The Sage", "spirit_animal": "Quokka", "tags": ["a"]}
    async with transaction(resources.sessions) as session:
        profile = Profile(
            github_id=uuid4().int % 2**40,
            login=login.lower(),
            display_login=login,
            name=more.pop("name", login),
            languages=more.pop("languages", ["Python"]),
            listed=more.pop("listed", True),
        )
        session.add(profile)
        await session.flush()
        if more.pop("picture", True):
            key = f"generated/{login}/og-0.png"
            row = {"variant": "og", "format": "png", "object_key": key, "sha256": "0", "bytes": 1}
            size = {"width": 1200, "height": 630, "mime": "image/png", "run_id": uuid4()}
            session.add(Picture(profile_id=profile.id, **row, **size))
        session.add(
            Card(
                profile_id=profile.id,
                run_id=uuid4(),
                traits=traits | more,
                provenance={},
                written_at=START + timedelta(minutes=place),
            )
        )


async def logins(resources: Resources, wanted: Wanted | None = None) -> list[str]:
    """Return the logins of the first page."""
    async with transaction(resources.sessions) as session:
        page = await find(session, wanted or Wanted())
        rows = await session.scalars(select(Profile).where(Profile.id.in_(page.profile_ids)))
        names = {profile.id: profile.display_login for profile in rows}
    return [names[profile_id] for profile_id in page.profile_ids]


@pytest.fixture
async def deck(resources: Resources) -> Resources:
    """Give a deck of four cards that can be seen and two that cannot."""
    await put(resources, "Ada", 4, name="Zoë", languages=["Rust", "C"], tags=["compilers", "b"])
    await put(resources, "grace", 3, archetype="The Hero", spirit_animal="Emu")
    await put(resources, "adele", 2, languages=[])
    await put(resources, "a_b%", 1)
    await put(resources, "hidden", 5, listed=False)
    await put(resources, "unprinted", 6, picture=False)
    return resources


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["Ada", "grace", "adele", "a_b%"]),
        (Wanted(words="AD"), ["Ada", "adele"]),
        (Wanted(words="@ada"), ["Ada"]),
        (Wanted(words="zo"), ["Ada"]),
        (Wanted(words="a_"), ["a_b%"]),
        (Wanted(words="%"), []),
        (Wanted(archetype="The Hero"), ["grace"]),
        (Wanted(animal="Quokka", language="Rust"), ["Ada"]),
        (Wanted(tag="compilers"), ["Ada"]),
        (Wanted(tag="comp"), []),
        (Wanted(words="hidden"), []),
    ],
)
async def test_looking_for_somebody(deck: Resources, wanted: Wanted, found: list[str]) -> None:
    """The newest come first; every field narrows down; what is not listed is not found."""
    assert await logins(deck, wanted) == found


async def test_page_by_page(resources: Resources) -> None:
    """Turning the pages shows every card once, also those of the same moment."""
    for number in range(2 * PAGE + 1):
        await put(resources, f"person-{number}", number // 2)
    seen = []
    onward: str | None = ""
    while onward is not None:
        async with transaction(resources.sessions) as session:
            page = await find(session, Wanted(), onward)
        seen += page.profile_ids
        onward = page.onward

    assert len(seen) == len(set(seen)) == 2 * PAGE + 1


@pytest.mark.parametrize("after", ["nonsense", "bm9uc2Vuc2U=", "é", "====", "\x00"])
async def test_a_made_up_place(deck: Resources, after: str) -> None:
    """A page that begins nowhere begins at the beginning."""
    async with transaction(deck.sessions) as session:
        page = await find(session, Wanted(), after)

    assert len(page.profile_ids) == 4


@pytest.mark.usefixtures("deck")
async def test_the_page(browser: AsyncClient) -> None:
    """The form keeps what was chosen, and all of it can be dropped again."""
    page = await browser.get("/directory?archetype=The+Sage&tag=%23compilers&q=ad")

    assert page.status_code == 200
    assert "<option selected>The Sage</option>" in page.text
    assert 'value="ad"' in page.text
    assert 'value="compilers"' in page.text
    assert "Zoë" in page.text
    assert "grace" not in page.text
    assert '<a href="/directory">Take the filters away</a>' in page.text


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "The deck is empty"), ("?q=x", "No card in the deck"), ("?q=<script>", "No card")],
)
async def test_nobody_there(browser: AsyncClient, query: str, words: str) -> None:
    """An empty deck offers the first card; what was typed is data."""
    page = await browser.get(f"/directory{query}")

    assert words in page.text
    assert "<script>" not in page.text.replace("<script src", "")


async def test_a_real_card_is_in_the_deck(resources: Resources, browser: AsyncClient) -> None:
    """A finished card hangs in the directory and on the front page."""
    await finished(resources)

    for path in ("/directory", "/"):
        assert 'href="/profiles/pip"' in (await browser.get(path)).text


@pytest.mark.parametrize("path", ["/faq", "/api-docs"])
async def test_words(browser: AsyncClient, path: str) -> None:
    """Pages of words are there for anybody, and load nothing from elsewhere."""
    page = await browser.get(path)

    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://techub.test", "")


async def test_every_call_is_described(browser: AsyncClient) -> None:
    """Each call of the API stands on the page, with a sentence."""
    page = (await browser.get("/api-docs")).text
    description = (await browser.get("/api-docs/openapi.json")).json()

    assert len(description["paths"]) >= 5
    for path, item in description["paths"].items():
        assert f"<code>{path}</code>" in page
        for said in item.values():
            assert said.get("description"), path
