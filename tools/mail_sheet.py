"""Every mail as a picture, light and dark, wide and narrow, to look at: `mail_sheet.py FOLDER`."""

import asyncio
import base64
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, async_playwright

from techub_common.events import (
    BudgetExhausted,
    Degradation,
    HealthChange,
    HealthChanged,
    MailReported,
    Notify,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    RunError,
    Trigger,
)
from techub_devstack.servers import chromium
from techub_notifier.emails import Letters
from techub_notifier.rows import Digest, Unconfirmed
from techub_notifier.rules import Audience, Notice, to_confirm

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "odessa-brightforge-og.webp"
RUN = UUID("5f3c7f0e-58a8-4f0e-9a53-0f4f3f5f7a10")
LETTERS = Letters("TecHub <t@techub.life>", "https://techub.life", "x" * 32)
HEALTH = (
    HealthChange(
        service="generator",
        check="gemini text ai_studio",
        state="fail",
        seen="gemini-2.5-flash: AI Studio does not let us in: the credential, the project or the "
        "model is wrong.",
        todo="See that GEMINI_API_KEY is good for the model in GEMINI_MODEL.",
    ),
    HealthChange(
        service="screenshotter",
        check="answers",
        state="fail",
        seen="nobody answered",
        todo="Start it, or look why it ended: its log says so in one line (`service_ended`).",
    ),
    HealthChange(
        service="api",
        check="store",
        state="ok",
        since=datetime(2026, 11, 27, 3, 4, tzinfo=UTC),
    ),
)
SIGNALS = {
    "account_age": {"met": True, "detail": "The account is 812 days old.", "advice": None},
    "social_proof": {
        "met": False,
        "detail": "0 followers, following 1.",
        "advice": "Follow 3 accounts whose work you like; that is enough.",
    },
    "meaningful_profile": {
        "met": False,
        "detail": "The profile has no bio.",
        "advice": "Write a sentence about yourself into the bio of your GitHub profile.",
    },
}


def mails() -> dict[str, str]:
    """Return the HTML of every mail there is, by name."""
    common = {
        "run_id": RUN,
        "login": "juniper-fogwhistle",
        "profile_id": RUN,
        "trigger": Trigger.submit,
        "notify": Notify.owners,
        "duration_ms": 4321,
    }
    owner = Notice(Audience.owner, f"user:{RUN}", "ada@example.com", RUN)
    ops = Notice(Audience.ops, "ops:1", "ops@example.com")
    refused = RunError(
        stage="evaluate_eligibility",
        code="not_eligible",
        message="This profile shows 1 of 3 signs of life and 3 are needed.",
        detail={"signals": SIGNALS},
    )
    lost = RunError(
        stage="fetch_github",
        code="github_unavailable",
        message="GitHub answered 502 three times in a row.",
        attempts=3,
    )
    gone = [Degradation(stage=f"capture:{n}", reason="Chromium ended") for n in ("og", "card")]
    counts = {"recorded": 13, "failed": 2}
    report = MailReported(
        run_id=RUN,
        login="-",
        report_id="x",
        provider_id="x",
        reported="bounced",
        hard=True,
        reason="550 5.1.1 no such user here",
    )
    alerts = [
        LETTERS.summary(PipelineFailed.model_validate(common | {"error": lost, "login": login}))
        for login in ("octocat", "pip-tealeaf", "layla-of-the-dunes", "odessa-brightforge")
    ]
    person = Unconfirmed(RUN, "ada", "ada@example.com")
    frozen = {
        "completed": LETTERS.frozen(PipelineCompleted.model_validate(common), owner, RUN),
        "failed": LETTERS.frozen(
            PipelineFailed.model_validate(common | {"error": refused}), owner, RUN
        ),
        "failed_ours": LETTERS.frozen(
            PipelineFailed.model_validate(common | {"error": lost}), owner, RUN
        ),
        "alert": LETTERS.frozen(PipelineFailed.model_validate(common | {"error": lost}), ops, RUN),
        "alert_partial": LETTERS.frozen(
            PipelinePartial.model_validate(common | {"degradations": gone, "counts": counts}),
            ops,
            RUN,
        ),
        "digest": LETTERS.digest(Digest(RUN, "ops@example.com", alerts)),
        "bounced": LETTERS.bounced(report, ops, RUN, RUN),
        "budget": LETTERS.budget(
            BudgetExhausted(
                run_id=RUN,
                login="-",
                day=date(2026, 11, 27),
                tokens=1_996_418,
                promised=8_000,
                budget=2_000_000,
                cost_micros=2_310_000,
            ),
            ops,
            RUN,
        ),
        "health": LETTERS.health(
            HealthChanged(run_id=RUN, login="-", probe=7, changes=HEALTH, failing=2), ops, RUN
        ),
        "confirm": LETTERS.confirm(person, to_confirm(RUN, person.address), RUN),
    }
    html = {name: str(json.loads(mail)["html"]) for name, mail in frozen.items()}
    return html | {"smoke": str(LETTERS.smoke("ada@example.com", "From the night shift.")["html"])}


async def shoot(browser: Browser, name: str, html: str, folder: Path) -> None:
    """Write the pictures of one mail."""
    picture = base64.b64encode(PICTURE.read_bytes()).decode()
    shown = html.replace(
        "https://techub.life/og/juniper-fogwhistle.jpg", f"data:image/webp;base64,{picture}"
    )
    for scheme, width in (("light", 680), ("dark", 680), ("light", 360)):
        page = await browser.new_page(
            viewport={"width": width, "height": 400},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        await page.set_content(shown)
        await page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
        await page.close()


async def main(folder: Path) -> None:
    """Write all pictures into the folder."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find())
        for name, html in mails().items():
            await shoot(browser, name, html, folder)
        await browser.close()


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(FOLDER))
