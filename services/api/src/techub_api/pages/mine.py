"""`/my/profiles`: the cards one looks after, and what one may do about them."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from techub_api.artwork.asking import ask_for_artwork, want_no_artwork
from techub_api.artwork.claiming import next_turn
from techub_api.limits.allowances import submitting
from techub_api.pages.answers import answer
from techub_api.pages.frames import frames
from techub_api.pages.queries import exhibits_of, newest_runs
from techub_api.pages.visitors import Member, Sent, SignedIn
from techub_api.policy.switching import in_force
from techub_api.profiles import keeping
from techub_api.resources import Resources
from techub_api.submissions.actions import rerun
from techub_api.submissions.recipes import SCREENSHOT_REFRESH
from techub_api.submissions.rewriting import next_rewriting
from techub_api.submissions.rules import checked
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.events import Options
from techub_common.logins import valid_login

router = APIRouter(prefix="/my/profiles", include_in_schema=False)

HERE: Final = "/my/profiles"


@router.get("")
async def see_mine(request: Request, opened: Opened, member: SignedIn) -> HTMLResponse:
    """Answer the profiles one looks after, and one's own when somebody else does."""
    async with transaction(opened.sessions) as session:
        kept = await keeping.kept_by(session, member.user.id)
        own = await keeping.own_account(session, member.user)
        ids = [each.profile.id for each in kept]
        draws = (await in_force(session, opened.settings)).artwork
        later = await next_rewriting(session, [each.profile for each in kept])
        newest = await newest_runs(session, ids)
        pictures = {
            exhibit.login: frames(exhibit.pictures)
            for exhibit in await exhibits_of(session, ids, opened.settings)
        }
    owned = {each.profile.id for each in kept if each.is_owned}
    return answer(
        request,
        opened.settings,
        member,
        "mine.html",
        kept=[
            (each, pictures.get(each.profile.display_login, {}), newest.get(each.profile.id))
            for each in kept
        ],
        live=any(run.is_open for run in newest.values()),
        to_claim=own if own is not None and own.id not in owned else None,
        later=later,
        draws=draws,
        drawn_again={each.profile.id: next_turn(each.profile) for each in kept},
        cap=opened.settings.profile_ownership_cap,
    )


@router.post("/claim")
async def claim(opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Become the owner of one's own account's profile."""
    async with transaction(opened.sessions) as session:
        await keeping.claim(session, member.user)
    return RedirectResponse(HERE, 303)


@router.post("/{login}/capture")
async def capture(
    login: str, request: Request, opened: Opened, member: SignedIn, _: Sent
) -> RedirectResponse:
    """Have every picture taken again, of the card as it is, and go to watch."""
    options = checked(Options(recipe=SCREENSHOT_REFRESH, force=True), opened.variants)
    return await _again(login, request, opened, member, options)


@router.post("/{login}/regenerate")
async def regenerate(
    login: str, request: Request, opened: Opened, member: SignedIn, _: Sent
) -> RedirectResponse:
    """Have the card written anew, once a week, and go to watch."""
    return await _again(login, request, opened, member, Options())


async def _again(
    login: str, request: Request, opened: Resources, member: Member, options: Options
) -> RedirectResponse:
    await submitting(opened, request, member.user.id)
    async with transaction(opened.sessions) as session:
        asked = await rerun(session, opened.outbox, opened.settings, member.user, login, options)
    return RedirectResponse(f"/runs/{asked.run_id}", 303)


@router.post("/{login}/hide")
async def hide(login: str, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Show the profile to nobody but its owner."""
    async with transaction(opened.sessions) as session:
        await keeping.list_or_hide(session, member.user, valid_login(login), listed=False)
    return RedirectResponse(HERE, 303)


@router.post("/{login}/list")
async def show(login: str, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Show the profile to everybody again."""
    async with transaction(opened.sessions) as session:
        await keeping.list_or_hide(session, member.user, valid_login(login), listed=True)
    return RedirectResponse(HERE, 303)


@router.post("/{login}/artwork")
async def ask(login: str, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Have artwork drawn from the next deal on."""
    async with transaction(opened.sessions) as session:
        await ask_for_artwork(session, member.user, valid_login(login))
    return RedirectResponse(HERE, 303)


@router.post("/{login}/no-artwork")
async def want_none(login: str, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Take the artwork down, and have none drawn any more."""
    async with transaction(opened.sessions) as session:
        await want_no_artwork(session, member.user, valid_login(login))
    return RedirectResponse(HERE, 303)


@router.post("/{login}/let-go")
async def let_go(login: str, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Look after the profile no longer."""
    async with transaction(opened.sessions) as session:
        await keeping.let_go(session, member.user, valid_login(login))
    return RedirectResponse(HERE, 303)
