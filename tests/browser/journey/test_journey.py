"""From the front page to a shared card and out again, in a real browser, on a desk and a phone."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, expect

from techub_cards.variants import VARIANTS
from tests.browser.journey.conftest import Visit, Visiting, against_the_rules

pytestmark = pytest.mark.timeout(300)  # a busy machine draws and judges slowly

PEOPLE = {"desk": "odessa-brightforge", "phone": "pip-tealeaf"}
ENDED = 60_000


async def press(page: Page, name: str) -> None:
    """Press the button or the link of that name."""
    target = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    await target.first.click()


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_from_sign_in_to_sign_out(visiting: Visiting, size: str, tmp_path: Path) -> None:
    """Sign in, submit, watch, look, take a picture along, see one's account, sign out."""
    login = PEOPLE[size]
    async with visiting(size) as visit:
        await sign_in(visit, login)
        await submit(visit, login)
        await watch(visit, login)
        await look_around(visit)
        await take_along(visit, login, tmp_path / "card.png")
        await leave(visit, login)


async def sign_in(visit: Visit, login: str) -> None:
    """Name somebody on the front page, and sign in because dealing asks for it."""
    page = visit.page
    await page.goto("/")
    await visit.looked_at("01-front")
    await page.get_by_label("GitHub login").fill(login)
    await press(page, "Deal the card")
    await expect(page.get_by_text(f"Nobody has dealt @{login} yet")).to_be_visible()
    await visit.looked_at("02-sign-in")
    await press(page, "Sign in as the sample user")


async def submit(visit: Visit, login: str) -> None:
    """Type on, read what is known of the login by now, and send the form."""
    page = visit.page
    field = page.get_by_label("GitHub login")
    await expect(field).to_have_value(login)
    await field.press_sequentially("!")
    await expect(page.get_by_text("That is not a GitHub login")).to_be_visible()
    await field.press("Backspace")
    await expect(page.get_by_text(f"Nobody has dealt @{login} yet")).to_be_visible()
    await page.get_by_text("Help the writer along").click()
    await visit.looked_at("03-submit")
    await press(page, "Deal the card")


async def watch(visit: Visit, login: str) -> None:
    """See it happen without a reload: the end, the pictures, and that the owner was told."""
    page = visit.page
    await page.wait_for_url("**/runs/*")
    await visit.looked_at("04-run-going-on")
    title = page.get_by_role("heading", level=1)
    await expect(title).to_contain_text(f"@{login} has a card", timeout=ENDED)
    await expect(page.locator(".slot.shown img")).to_have_count(3)
    await expect(page.get_by_text("Telling the owner")).to_be_visible()
    await visit.looked_at("05-run-ended")
    await press(page, "See the profile")


async def look_around(visit: Visit) -> None:
    """Turn the card over, and look into every tab; the last one has the pictures."""
    page = visit.page
    await expect(page.locator(".face img").first).to_be_visible()
    await page.locator(".turn-here").click()
    await expect(page.get_by_label("Turn the card over")).to_be_checked()
    await page.get_by_label("Turn the card over").press(" ")
    await expect(page.get_by_label("Turn the card over")).not_to_be_checked()
    await visit.looked_at("06-profile")
    tabs = page.get_by_role("navigation", name="Profile")
    for tab in ("Repositories", "Activity", "Traits", "Status", "Pictures"):
        await tabs.get_by_role("link", name=tab).click()
        await expect(tabs.locator("[aria-current]")).to_have_text(re.compile(tab))
        await visit.looked_at(f"07-{tab.lower()}", within=".tab-panel")


async def take_along(visit: Visit, login: str, path: Path) -> None:
    """Download a picture, and copy a line for a README whose picture is there."""
    page = visit.page
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download Link preview as PNG").click()
    taken = await coming.value
    await taken.save_as(path)
    assert taken.suggested_filename == f"{login}-og.png"
    assert path.read_bytes().startswith(b"\x89PNG")

    await page.get_by_text("Link and embed: Link preview").click()
    await page.get_by_role("button", name="Copy README").first.click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"[![The TecHub card of {login}]({visit.host}/pictures/{login}/")
    picture = await page.request.get(copied.split("](")[1].split(")")[0])
    assert picture.headers["content-type"].startswith("image/")


async def leave(visit: Visit, login: str) -> None:
    """Look at one's cards and one's account, and sign out."""
    page = visit.page
    await press(page, "Your menu")
    await visit.looked_at("08-menu", within=".menu")
    await press(page, "Your cards")
    await expect(page.get_by_role("heading", name=f"@{login}")).to_be_visible()
    await visit.looked_at("09-my-cards")
    await press(page, "Your menu")
    await page.get_by_role("link", name="Account").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await visit.looked_at("10-account")
    await press(page, "Your menu")
    await press(page, "Sign out")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_pages_for_anybody(visiting: Visiting, size: str) -> None:
    """Every other page can be read by day and by night, too."""
    async with visiting(size) as visit:
        for name, path in {
            "20-deck": "/directory",
            "21-questions": "/faq",
            "22-api": "/api-docs",
            "23-nobody": "/profiles/nobody-at-all",
            "24-nothing": "/nothing/here",
        }.items():
            await visit.page.goto(path)
            await visit.looked_at(name)


async def test_the_deck_is_narrowed_down_as_one_types(visiting: Visiting, dealt: str) -> None:
    """The directory follows the filters without a reload, and its address can be shared."""
    async with visiting("desk") as visit:
        page = visit.page
        cards = page.locator(".wall li")
        await page.goto("/directory")
        await page.get_by_label("Login or name").press_sequentially(dealt[:7])
        await expect(page.get_by_text("1 card", exact=True)).to_be_visible()
        await expect(cards).to_have_count(1)
        await expect(cards.get_by_role("link")).to_have_attribute("href", f"/profiles/{dealt}")
        await page.get_by_label("Tag").fill("nobody-has-this-tag")
        await expect(page.get_by_text("No card in the deck is like that.")).to_be_visible()
        assert f"q={dealt[:7]}" in page.url
        await page.reload()
        await expect(page.get_by_label("Login or name")).to_have_value(dealt[:7])


async def test_axe_sees(visiting: Visiting) -> None:
    """A page that cannot be read is found out, so that silence means something."""
    async with visiting("desk") as visit:
        await visit.page.goto("/faq")
        await visit.page.evaluate(
            "document.querySelector('main p').style.cssText = 'color: #ccc; background: #fff'"
        )
        found = {rule for rule, _ in await against_the_rules(visit.page)}

    assert found == {"color-contrast"}


async def test_by_keyboard(visiting: Visiting) -> None:
    """The first key leads past the header, the next ones through it, and focus can be seen."""
    async with visiting("desk") as visit:
        page = visit.page
        await page.goto("/directory")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.keyboard.press("Tab")
        words = page.get_by_label("Login or name")
        await expect(words).to_be_focused()
        assert await words.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


async def test_motion_is_left_out(visiting: Visiting, dealt: str) -> None:
    """Who asks for less motion sees none: what would move or turn is there at once."""
    script = "() => document.getAnimations().map((one) => one.effect.getComputedTiming().endTime)"
    async with visiting("desk", reduced_motion="reduce") as visit:
        await visit.page.goto("/")
        assert max(await visit.page.evaluate(script), default=0) <= 1
        await visit.page.goto(f"/profiles/{dealt}")
        await visit.page.mouse.move(300, 400)
        await visit.page.locator(".turn-here").click()
        assert max(await visit.page.evaluate(script), default=0) <= 1
        lean = "getComputedStyle(document.querySelector('.tilt')).getPropertyValue('--lean-y')"
        assert await visit.page.evaluate(lean) == "0"


async def test_without_javascript(visiting: Visiting) -> None:
    """Where no script runs, a run's page reloads by itself, and everything is there to be read."""
    login = "hoshino-kaeru-labs"
    async with visiting("phone", java_script_enabled=False) as visit:
        page = visit.page
        await page.goto(f"/submit?login={login}")
        await press(page, "Sign in as the sample user")
        await press(page, "Deal the card")
        await page.wait_for_url("**/runs/*")
        await expect(page.get_by_role("heading", level=1)).to_contain_text(
            f"@{login} has a card", timeout=ENDED
        )
        await page.goto(f"/profiles/{login}?tab=pictures")
        await expect(page.get_by_role("link", name="Download Trading card as PNG")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/directory", "/profiles/{}", "/profiles/{}?tab=pictures"])
async def test_a_page_is_light(visiting: Visiting, dealt: str, path: str) -> None:
    """A page weighs 60 KB at most without its pictures, on the first visit, as it is sent."""
    async with visiting("phone") as visit:
        weights: dict[str, int] = {}
        finished: list[Request] = []

        def note(request: Request) -> None:
            finished.append(request)

        visit.page.on("requestfinished", note)
        answer = await visit.page.goto(path.format(dealt), wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200
        for request in finished:
            if request.resource_type != "image":
                weights[request.url] = (await request.sizes())["responseBodySize"]

    assert sum(weights.values()) <= 60_000, weights


async def test_every_canvas_on_one_page(visiting: Visiting) -> None:
    """In development all canvases of a sample stand on one page, in frames and to scale."""
    async with visiting("desk") as visit:
        await visit.page.goto("/dev/cards?person=3")
        frames = visit.page.locator("iframe")
        await expect(frames).to_have_count(len(VARIANTS))
        await expect(frames.first.content_frame.locator("body")).to_contain_text("sample-3")
        box = await frames.first.bounding_box()

    assert box is not None
    assert round(box["width"]) == 560
