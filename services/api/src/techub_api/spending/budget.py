"""How much of the day's budget is used up, and telling operators once when it is."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run
from techub_api.spending.days import today
from techub_api.spending.tables import ExhaustedDay, Spending
from techub_common.events import BudgetExhausted
from techub_common.outbox import Outbox

log = structlog.get_logger()

TOKENS_OF_A_CARD: Final = 8_000
"""What is set aside for a run: twice what a card takes in one call (2,700 measured, and up to 1,000
more with a long README and page)."""

TOKENS_OF_ARTWORK: Final = 12_000
"""Four pictures of 1,290 tokens, each with some 1,600 of question and avatar, rounded up."""

SHOWN: Final = (
    "purpose",
    "provider",
    "model",
    "calls",
    "tokens_in",
    "tokens_out",
    "cost_micros",
)
TRAITS: Final = "generate_ai_profile"


@dataclass(frozen=True, slots=True)
class Spent:
    """What models took on a day, what open runs may still take, and what that is in dollars."""

    day: date
    tokens: int
    promised: int
    cost_micros: int

    def exhausts(self, budget: int) -> bool:
        """Return whether nothing of the budget is left for one run more."""
        return self.tokens + self.promised >= budget


async def spent_today(session: AsyncSession) -> Spent:
    """Return what was taken today (UTC), in three reads.

    Runs that are open and have no card yet are counted with what card and artwork take.
    """
    day = await today(session)
    taken = await session.execute(
        select(
            func.coalesce(func.sum(Spending.tokens_in + Spending.tokens_out), 0),
            func.coalesce(func.sum(Spending.cost_micros), 0),
        ).where(Spending.day == day)
    )
    tokens, cost_micros = taken.one()
    writing = await session.scalar(
        select(func.count())
        .where(Run.status.in_(OPEN), Run.card_ready.is_(False), Run.view_key.is_(None))
        .where(Run.policy["ai_text"].as_boolean(), Run.options["ai_mode"].astext == "real")
        .where(~Run.options["skip_stages"].contains([TRAITS]))
        .where(
            (func.jsonb_array_length(Run.options["only_stages"]) == 0)
            | Run.options["only_stages"].contains([TRAITS])
        )
    )
    drawing = await session.scalar(
        select(func.count()).where(
            Run.status.in_(OPEN), Run.card_ready.is_(False), Run.policy["artwork"].as_boolean()
        )
    )
    promised = (writing or 0) * TOKENS_OF_A_CARD + (drawing or 0) * TOKENS_OF_ARTWORK
    return Spent(day, int(tokens), promised, int(cost_micros))


async def models_of(session: AsyncSession, day: date) -> list[dict[str, Any]]:
    """Return what each model took on the day, the dearest first."""
    rows = await session.scalars(
        select(Spending).where(Spending.day == day).order_by(Spending.cost_micros.desc())
    )
    return [{name: getattr(row, name) for name in SHOWN} for row in rows]


async def tell_once(session: AsyncSession, outbox: Outbox, spent: Spent, budget: int) -> None:
    """Tell operators that the day's budget is used up, unless they have been told that day."""
    first = await session.scalar(
        insert(ExhaustedDay)
        .values(day=spent.day, tokens=spent.tokens, budget=budget)
        .on_conflict_do_nothing()
        .returning(ExhaustedDay.day)
    )
    if first is None:
        return
    fact = BudgetExhausted(
        run_id=uuid5(NAMESPACE_URL, f"techub:budget:{spent.day}"),
        login="-",
        day=spent.day,
        tokens=spent.tokens,
        promised=spent.promised,
        budget=budget,
        cost_micros=spent.cost_micros,
    )
    outbox.tell(session, fact)
    log.warning("budget_exhausted", day=str(spent.day), tokens=spent.tokens, budget=budget)
