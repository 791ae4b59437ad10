"""`/settings/account`: tokens one can read once, and sessions one can end."""

import re
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text, update

from techub_api.accounts.actions import create_token, tokens_of, user_of_token, user_with_login
from techub_api.accounts.tables import User
from techub_api.objects.forgetting import forget
from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_api.schema import METADATA
from techub_common.database import transaction
from techub_common.events import AddressChanged
from techub_common.links import confirm_token
from techub_common.storage import FolderStore
from tests.integration.api.conftest import start_run, told_events
from tests.integration.api.facts import captured, card, recorded
from tests.integration.api.pages.conftest import browser_at, finished, token_in

HERE = "/settings/account"


async def sent(client: AsyncClient, path: str, **fields: str) -> tuple[int, str]:
    """Send one of the page's forms and return status and page."""
    token = token_in(await client.get(HERE))
    answer = await client.post(f"{HERE}{path}", data={"form_token": token, **fields})
    return answer.status_code, answer.text


async def owner_of(resources: Resources, token: str) -> str | None:
    """Return whose token it is."""
    async with transaction(resources.sessions) as session:
        user = await user_of_token(session, token)
    return user.login if user else None


async def test_a_token_from_its_beginning_to_its_end(
    developer: AsyncClient, workshop: Resources
) -> None:
    """It is shown once, works, is listed by its name, and is worth nothing once revoked."""
    status, page = await sent(developer, "/tokens", name="the <nightly> script")
    token = re.findall(r"techub_[\w-]{43}", page)[0]
    listed = (await developer.get(HERE)).text
    works = await owner_of(workshop, token)
    [path] = re.findall(r'action="/settings/account(/tokens/[\w-]+/revoke)"', listed)
    revoked, _ = await sent(developer, path)

    assert (status, works, revoked) == (201, "sample-user", 303)
    assert "the &lt;nightly&gt; script" in listed
    assert token not in listed
    assert await owner_of(workshop, token) is None
    assert "&lt;nightly" not in (await developer.get(HERE)).text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
async def test_a_name_that_is_none(developer: AsyncClient, name: str) -> None:
    """A token without a sensible name is not made."""
    status, page = await sent(developer, "/tokens", name=name)

    assert status == 422
    assert "A token needs a name" in page
    assert "techub_…" in page
    assert re.search(r"techub_[\w-]{43}", page) is None


async def test_enough_is_enough(developer: AsyncClient, workshop: Resources) -> None:
    """Nobody has more than twenty."""
    async with transaction(workshop.sessions) as session:
        user = await user_with_login(session, "sample-user")
        for number in range(20):
            await create_token(session, user, f"token {number}")
    status, page = await sent(developer, "/tokens", name="one more")

    assert status == 422
    assert "20 tokens are enough" in page


async def test_somebody_elses_token(developer: AsyncClient, workshop: Resources) -> None:
    """Only one's own tokens can be revoked."""
    async with transaction(workshop.sessions) as session:
        other = await user_with_login(session, "ada")
        token = await create_token(session, other, "hers")
        [made] = await tokens_of(session, other.id)
    status, _ = await sent(developer, f"/tokens/{made.id}/revoke")

    assert status == 303
    assert await owner_of(workshop, token) == "ada"


async def test_signing_out_elsewhere(developer: AsyncClient, workshop: Resources) -> None:
    """Every other browser is signed out, this one is not."""
    async with browser_at(workshop) as other:
        form = token_in(await other.get("/submit"))
        agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
        await other.post("/dev/sign-in", data={"form_token": form}, headers=agent)
        seen = (await developer.get(HERE)).text
        status, _ = await sent(developer, "/sessions/end")
        gone = await other.get(HERE)

    assert "Firefox on Linux" in seen
    assert status == 303
    assert gone.headers["location"].startswith("/sign-in")
    assert "Sign out everywhere else" not in (await developer.get(HERE)).text


async def me(resources: Resources) -> User:
    """Return the sample user as kept."""
    async with transaction(resources.sessions) as session:
        return await user_with_login(session, "sample-user")


async def told(resources: Resources) -> list[AddressChanged]:
    """Return what the notifier hears of addresses."""
    return [event for event in await told_events(resources) if isinstance(event, AddressChanged)]


async def test_an_address_is_confirmed_first(developer: AsyncClient, workshop: Resources) -> None:
    """A new address is the person's own once the link that was mailed there has been opened."""
    status, _ = await sent(developer, "/address", address=" Ada@Example.COM ")
    waiting = (await developer.get(HERE)).text
    given = await me(workshop)
    token = confirm_token("x" * 32, given.id, "ada@example.com")
    await developer.post(f"{HERE}/confirm/{token}")
    confirmed = (await developer.get(HERE)).text

    assert status == 303
    assert (given.email, given.email_verified_at) == ("ada@example.com", None)
    assert [(event.user_id, event.gone) for event in await told(workshop)] == [(given.id, False)]
    assert "We sent a link to" in waiting
    assert "ada@example.com" in waiting
    assert "We write to" in confirmed


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@localhost", "a@b.c\r\nBcc: eve@example.com", "x" * 250 + "@b.io"]
)
async def test_no_address(developer: AsyncClient, workshop: Resources, address: str) -> None:
    """What is no address is refused beside the field, and the one there is stays."""
    status, page = await sent(developer, "/address", address=address)

    assert status == 422
    assert "no address we can write to" in page
    assert (await me(workshop)).email == "sample-user@techub.test"
    assert await told(workshop) == []


async def test_forgetting_the_address(developer: AsyncClient, workshop: Resources) -> None:
    """No address is kept, and a link on its way confirms nothing."""
    await sent(developer, "/address", address="ada@example.com")
    token = confirm_token("x" * 32, (await me(workshop)).id, "ada@example.com")
    status, _ = await sent(developer, "/address/forget")
    late = await developer.post(f"{HERE}/confirm/{token}")

    assert (status, late.status_code) == (303, 404)
    assert (await me(workshop)).email is None


async def test_wanting_mail(developer: AsyncClient, workshop: Resources) -> None:
    """The choice is kept, and what is no yes is a no."""
    heard = []
    for wanted in ("no", "yes", "perhaps"):
        await sent(developer, "/mail", wanted=wanted)
        heard.append((await me(workshop)).wants_mail)

    assert heard == [False, True, False]


async def test_deleting_asks_for_the_login(developer: AsyncClient, workshop: Resources) -> None:
    """A login that is not one's own deletes nothing."""
    status, page = await sent(developer, "/delete", login="somebody")

    assert status == 422
    assert "Nothing was deleted" in page
    assert (await me(workshop)).email is not None


@pytest.mark.parametrize("dealer", ["sample-user", "ada"])
async def test_deleting_everything(
    developer: AsyncClient, workshop: Resources, dealer: str
) -> None:
    """Account, card, runs and every object of theirs are gone; others' cards stay.

    It is the card of their own account, whether they dealt it themselves or somebody else did.
    """
    async with transaction(workshop.sessions) as session:
        (await user_with_login(session, "sample-user")).github_id = 7
    mine = await finished(workshop, person=dealer)
    hers = await finished_hers(workshop)
    await workshop.objects.put(f"debug/{mine}/og/page-0.html", b"x", "text/html")
    async with transaction(workshop.sessions) as session:
        user = await user_with_login(session, "sample-user")
        pip = (await session.scalars(select(Profile).where(Profile.login == "pip"))).one()
        other = (await session.scalars(select(Profile).where(Profile.login == "ada"))).one()
        session.add(Ownership(profile_id=other.id, user_id=user.id, role="steward"))
        await session.execute(update(Run).where(Run.id == hers).values(requested_by=user.id))
    gone, left = user.id, pip.id
    promised = (await developer.get(HERE)).text
    status, _ = await sent(developer, "/delete", login="@Sample-User")

    assert status == 303
    assert "the card of <bdi>@pip</bdi> with every picture" in promised
    assert (await developer.get(HERE)).headers["location"].startswith("/sign-in")
    assert isinstance(workshop.objects, FolderStore)
    keys = [entry.key async for entry in workshop.objects.entries()]
    assert [key for key in keys if "pip" in key or str(mine) in key] == []
    assert any(key.startswith("generated/ada/") for key in keys)
    assert await names_of(workshop, mine, left, gone) == set()
    assert [event.user_id for event in await told(workshop) if event.gone] == [gone]
    assert (await developer.get("/profiles/ada")).status_code == 200
    assert (await developer.get("/profiles/pip")).status_code == 404


async def test_what_still_arrives_for_who_left(developer: AsyncClient, workshop: Resources) -> None:
    """Results of a run whose owner left are dropped, and what it stored late goes at pruning."""
    run_id = await start_run(workshop, "pip", "sample-user")
    await sent(developer, "/delete", login="sample-user")
    await keep_ledger(await card(workshop, run_id, "pip"), workshop)
    await keep_ledger(await captured(workshop, run_id, "og"), workshop)
    await forget(workshop.objects, workshop.sessions)

    assert isinstance(workshop.objects, FolderStore)
    assert [entry.key async for entry in workshop.objects.entries()] == []
    assert (await developer.get("/profiles/pip")).status_code == 404


async def test_a_card_dealt_again(developer: AsyncClient, workshop: Resources) -> None:
    """A card that somebody deals of the same login afterwards keeps its pictures."""
    await start_run(workshop, "pip", "sample-user")
    await sent(developer, "/delete", login="sample-user")
    await finished(workshop)
    await forget(workshop.objects, workshop.sessions)

    assert not (await developer.get("/pip.png")).headers["etag"].startswith('"no-card')


async def finished_hers(resources: Resources) -> UUID:
    """Finish the card of somebody else."""
    run_id = await start_run(resources, "ada", "grace")
    await keep_ledger(await card(resources, run_id, "ada", github_id=8), resources)
    for kind in resources.variants:
        await keep_ledger(await captured(resources, run_id, kind), resources)
        made = recorded(run_id, kind)
        files = tuple(
            file.model_copy(update={"object_key": file.object_key.replace("/pip/", "/ada/")})
            for file in made.renditions
        )
        for file in files:
            await resources.objects.put(file.object_key, b"hers", file.mime)
        await keep_ledger(made.model_copy(update={"renditions": files}), resources)
    return run_id


async def names_of(resources: Resources, *ids: UUID) -> set[str]:
    """Return the tables of which a row names one of the ids."""
    found = set()
    async with transaction(resources.sessions) as session:
        for table in METADATA.sorted_tables:
            wanted = {f"%{one}%" for one in ids} if table.name != "forgotten" else set()
            for pattern in wanted:
                said = text(f"SELECT count(*) FROM {table.fullname} t WHERE t::text LIKE :pattern")
                if table.name != "outbox" and await session.scalar(said, {"pattern": pattern}):
                    found.add(table.name)
    return found


@pytest.mark.parametrize("path", ["/tokens", "/sessions/end", "/address", "/mail", "/delete"])
async def test_forged_forms(developer: AsyncClient, path: str) -> None:
    """A form that is not ours changes nothing."""
    answer = await developer.post(f"{HERE}{path}", data={"form_token": "made-up", "name": "x"})

    assert answer.status_code == 403
    assert "chip success" in (await developer.get(HERE)).text
