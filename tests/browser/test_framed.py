"""The page people see below `/cards/` is the page a picture is taken of."""

from playwright.async_api import Page

from techub_api.embeds.framing import framed
from techub_cards.fit import SCRIPT
from techub_cards.render import render
from techub_cards.samples import sample
from techub_cards.variants import VARIANTS

HERE = "https://techub.test/cards/ada/og"


async def test_only_our_script_runs(page: Page) -> None:
    """Under its policy the page fits itself by our script, and runs no other."""
    assert page.context.browser is not None
    context = await page.context.browser.new_context()
    answer = framed(render(VARIANTS["og"], sample(title="Long " * 60)), "no-store")
    body = (
        bytes(answer.body)
        .decode()
        .replace("<main", "<script>document.title = 'ours no more'</script><main")
    )
    policy = {"content-security-policy": answer.headers["content-security-policy"]}

    async def served(route) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        await route.fulfill(body=body, content_type="text/html", headers=policy)

    await context.route(HERE, served)
    visited = await context.new_page()
    await visited.goto(HERE)
    await visited.wait_for_selector("html[data-ready=og]")

    assert await visited.title() == "Ada Lovelace"
    assert (await visited.text_content(".title") or "").endswith("…")
    assert SCRIPT in body
    await context.close()
