"""Mails as a mail program shows them: nothing sticks out, and all can be read in the dark."""

import json
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.async_api import Page

from techub_common.events import Notify, PipelineCompleted, PipelineFailed, RunError, Trigger
from techub_notifier.emails import Letters
from techub_notifier.rows import Digest, Unconfirmed
from techub_notifier.rules import Audience, Notice, to_confirm

LETTERS = Letters("TecHub <t@techub.life>", "https://techub.life", "x" * 32)
SOMEBODY = UUID("5f3c7f0e-58a8-4f0e-9a53-0f4f3f5f7a10")
LONG = "a-login-of-thirty-nine-letters-in-all-xx"
ENDED = {
    "run_id": SOMEBODY,
    "login": LONG,
    "profile_id": SOMEBODY,
    "trigger": Trigger.submit,
    "notify": Notify.owners,
    "duration_ms": 1,
}
ERROR = RunError(stage="fetch_github", code="c", message=f"https://{'very-long-' * 30}.example")


def mails() -> Iterator[tuple[str, str]]:
    """Yield each mail's name and HTML."""
    owner = Notice(Audience.owner, f"user:{SOMEBODY}", "ada@example.com", SOMEBODY)
    ops = Notice(Audience.ops, "ops:1", "ops@example.com")
    failed = PipelineFailed.model_validate(ENDED | {"error": ERROR})
    completed = PipelineCompleted.model_validate(ENDED)
    person = Unconfirmed(SOMEBODY, LONG, "ada@example.com")
    notice = to_confirm(SOMEBODY, person.address)
    frozen = {
        "completed": LETTERS.frozen(completed, owner, SOMEBODY),
        "failed": LETTERS.frozen(failed, owner, SOMEBODY),
        "alert": LETTERS.frozen(failed, ops, SOMEBODY),
        "digest": LETTERS.digest(Digest(SOMEBODY, "o@example.com", [LETTERS.summary(failed)] * 3)),
        "confirm": LETTERS.confirm(person, notice, SOMEBODY),
    }
    for name, mail in frozen.items():
        yield name, json.loads(mail)["html"]


def luminance(colour: str) -> float:
    """Return the relative luminance of `rgb(…)`, as WCAG counts it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def colour(page: Page, selector: str, of: str) -> str:
    """Return a computed colour; the page's own scripts are off, ours are not."""
    script = "(element, of) => getComputedStyle(element).getPropertyValue(of)"
    return str(await page.locator(selector).first.evaluate(script, of))


@pytest.mark.parametrize(("name", "html"), list(mails()), ids=[name for name, _ in mails()])
async def test_nothing_sticks_out(page: Page, name: str, html: str) -> None:
    """On a telephone as on a desk, no mail is wider than the screen."""
    del name
    for width in (360, 680):
        await page.set_viewport_size({"width": width, "height": 600})
        await page.set_content(html)
        wide = await page.locator("html").evaluate("element => element.scrollWidth")
        assert wide <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_contrast(page: Page, scheme: str) -> None:
    """Headings, small print and the button can be read, by day and by night (WCAG AA)."""
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_content(dict(mails())["failed"])
    sheet = luminance(await colour(page, ".sheet", "background-color"))
    button = luminance(await colour(page, "a.button", "background-color"))

    for selector, behind in (("h1", sheet), ("p.soft", sheet), ("a.button", button)):
        ink = luminance(await colour(page, selector, "color"))
        light, dark = max(ink, behind), min(ink, behind)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, selector
    await page.emulate_media(color_scheme="light")
    assert (sheet < 0.2) is (scheme == "dark")
