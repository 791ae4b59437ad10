"""A card is written anew once a week: a run that fails does not count."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Profile
from techub_api.runs.status import Status
from techub_api.runs.tables import Run
from techub_common.errors import Permanent
from techub_common.events import Options

EVERY: Final = timedelta(days=7)
WRITING: Final = "generate_ai_profile"
GAVE_NOTHING: Final = (Status.failure, Status.canceled)


def rewrites(options: Options) -> bool:
    """Return whether a run with these options writes the card's words anew."""
    chosen = not options.only_stages or WRITING in options.only_stages
    return options.recipe is None and chosen and WRITING not in options.skip_stages


async def next_rewriting(
    session: AsyncSession, profiles: Iterable[Profile]
) -> dict[UUID, datetime]:
    """Return profile id → when its card may be written anew; who may now is left out."""
    runs = {each.rewritten_run_id: each.id for each in profiles if each.rewritten_run_id}
    rows = await session.execute(
        select(Run.id, Run.created_at).where(Run.id.in_(runs), Run.status.not_in(GAVE_NOTHING))
    )
    now = datetime.now(UTC)
    return {runs[run_id]: at + EVERY for run_id, at in rows if at + EVERY > now}


async def may_rewrite(session: AsyncSession, profile: Profile) -> None:
    """Return when the locked profile's card may be written anew.

    Raises Permanent `rewritten_lately` with `retry_after` in seconds: of two who ask at once, one.
    """
    moment = (await next_rewriting(session, [profile])).get(profile.id)
    if moment is None:
        return
    message = f"A card is written anew once a week; this one again on {moment:%d %B at %H:%M} UTC."
    wait = math.ceil((moment - datetime.now(UTC)).total_seconds())
    raise Permanent(message, code="rewritten_lately", detail={"retry_after": max(1, wait)})
