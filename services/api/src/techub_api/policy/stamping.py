"""The policy a run is submitted under: what is switched on, as far as the day's budget allows."""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.policy.switching import in_force
from techub_api.settings import Settings
from techub_api.spending.budget import spent_today, tell_once
from techub_common.events import Notify, Policy
from techub_common.outbox import Outbox

BUDGET_LOCK: Final = 7_236_012
OVER_BUDGET: Final = "The day's budget for models is used up."
NO_MODELS: Final[dict[str, Any]] = {
    "ai_text": False,
    "artwork": False,
    "descriptions": False,
}


async def policy_of(
    session: AsyncSession,
    outbox: Outbox,
    settings: Settings,
    notify: Notify,
    *,
    artwork: bool = False,
) -> Policy:
    """Return the policy as it stands now, with `artwork` as if that were switched on.

    Over the day's budget no model is asked for anything, and operators are told once a day. The
    caller holds the profile's lock; where there is a budget, who else asks waits for this
    transaction: a crowd that comes at once does not get past the budget together.
    """
    now = await in_force(session, settings)
    policy = Policy(
        ai_text=now.ai_text,
        artwork=now.artwork or artwork,
        descriptions=now.descriptions,
        require_eligibility=now.require_eligibility,
        eligibility_threshold=now.eligibility_threshold,
        notify=notify,
    )
    asks = policy.ai_text or policy.artwork or policy.descriptions
    if now.daily_tokens is None or not asks:
        return policy
    await session.execute(select(func.pg_advisory_xact_lock(BUDGET_LOCK)))
    spent = await spent_today(session)
    if not spent.exhausts(now.daily_tokens):
        return policy
    await tell_once(session, outbox, spent, now.daily_tokens)
    withheld = OVER_BUDGET if policy.artwork else None
    return policy.model_copy(
        update=NO_MODELS | {"over_budget": now.ai_text, "artwork_withheld": withheld}
    )
