"""What models take is summed per day, and over the day's budget nobody is asked any more."""

import asyncio
import math
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from techub_api.objects.forgetting import folders_of, note
from techub_api.policy.stamping import policy_of
from techub_api.policy.switching import Changes, switch
from techub_api.profiles.queries import show_profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_api.spending.budget import TOKENS_OF_A_CARD, spent_today
from techub_api.spending.days import today
from techub_api.spending.gauges import SpentToday
from techub_api.spending.tables import Spending
from techub_common.database import transaction
from techub_common.events import (
    BudgetExhausted,
    CardFailed,
    ModelCall,
    Notify,
    PipelineStarted,
    Policy,
)
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.facts import card

ASKED = ModelCall(
    provider="ai_studio",
    model="gemini-2.5-flash",
    outcome="answered",
    tokens_in=3_000,
    tokens_out=1_000,
    cost_micros=3_400,
)
AGAIN = ASKED.model_copy(update={"outcome": "invalid", "tokens_in": 500, "tokens_out": 7})
ELSEWHERE = ASKED.model_copy(update={"provider": "vertex"})


async def switched(resources: Resources, **changes: Any) -> None:
    """Move switches as an operator does."""
    async with transaction(resources.sessions) as session:
        await switch(session, "ada", Changes(**changes))


async def stamped(resources: Resources) -> Policy:
    """Return the policy a run would be submitted under."""
    async with transaction(resources.sessions) as session:
        return await policy_of(session, resources.outbox, resources.settings, Notify.owners)


async def written(resources: Resources, run_id: UUID, *calls: ModelCall, **facts: Any) -> None:
    """Have the ledger hear of a card and what it took."""
    event = await card(resources, run_id, **facts)
    await keep_ledger(event.model_copy(update={"calls": calls}), resources)


async def test_a_crowd_at_once(resources: Resources) -> None:
    """Of many who submit at the same moment only as many may ask as the budget has room for."""
    await switched(resources, daily_tokens=2 * TOKENS_OF_A_CARD)
    logins = [f"person-{number}" for number in range(8)]
    runs = await asyncio.gather(*(start_run(resources, name, person=name) for name in logins))
    asking = [
        Policy.model_validate((await run_row(resources, run_id)).policy).ai_text for run_id in runs
    ]

    assert sum(asking) == 2
    assert len(await exhausted(resources)) == 1


async def exhausted(resources: Resources) -> list[BudgetExhausted]:
    """Return what operators were told about budgets."""
    return [one for one in await told_events(resources) if isinstance(one, BudgetExhausted)]


async def sums(resources: Resources) -> dict[str, tuple[int, int, int, int]]:
    """Return today's calls, tokens and cost per provider."""
    async with transaction(resources.sessions) as session:
        day = await today(session)
        rows = await session.scalars(select(Spending).where(Spending.day == day))
        return {
            row.provider: (row.calls, row.tokens_in, row.tokens_out, row.cost_micros)
            for row in rows
        }


async def test_calls_are_summed_per_day(resources: Resources) -> None:
    """Every call counts once, heard as often as it may be, those in vain as well."""
    one, other = [await start_run(resources, name, person=name) for name in ("pip", "bob")]
    event = (await card(resources, one)).model_copy(update={"calls": (ASKED, AGAIN, ELSEWHERE)})
    for _ in range(3):
        await keep_ledger(event, resources)
    await written(resources, other, ASKED, login="bob", github_id=8)

    assert await sums(resources) == {
        "ai_studio": (3, 6_500, 2_007, 10_200),
        "vertex": (1, 3_000, 1_000, 3_400),
    }


async def test_what_was_asked_in_vain_is_paid_too(resources: Resources) -> None:
    """A card that comes too late for its run has cost what it has cost."""
    run_id = await start_run(resources, "pip")
    async with transaction(resources.sessions) as session:
        late = update(Run).where(Run.id == run_id)
        await session.execute(late.values(status="canceled", finished_at=Run.created_at))
    await written(resources, run_id, ASKED)

    assert await sums(resources) == {"ai_studio": (1, 3_000, 1_000, 3_400)}


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_run_without_a_card_is_paid_too(resources: Resources, forgotten: bool) -> None:
    """What models were asked for a card that came to nothing is counted, once, whoever has left."""
    run_id = uuid4() if forgotten else await start_run(resources, "pip")
    if forgotten:
        async with transaction(resources.sessions) as session:
            await note(session, folders_of(run_id))
    fact = CardFailed(
        run_id=run_id,
        login="pip",
        stage="ingest_submitted_repositories",
        code="timed_out",
        message="No.",
        calls=(ASKED, ELSEWHERE),
    )
    for _ in range(2):
        await keep_ledger(fact, resources)

    assert await sums(resources) == {
        "ai_studio": (1, 3_000, 1_000, 3_400),
        "vertex": (1, 3_000, 1_000, 3_400),
    }


async def test_many_cards_at_once(resources: Resources) -> None:
    """Replicas of the ledger that add to the same day lose nothing and do not block each other."""
    names = [f"pip-{number}" for number in range(8)]
    runs = [await start_run(resources, name, person=name) for name in names]
    events = [
        await card(resources, run_id, name, github_id=100 + number)
        for number, (run_id, name) in enumerate(zip(runs, names, strict=True))
    ]
    calls = ((ASKED, ELSEWHERE), (ELSEWHERE, ASKED))
    facts = [
        event.model_copy(update={"calls": calls[number % 2]}) for number, event in enumerate(events)
    ]
    await asyncio.gather(*(keep_ledger(fact, resources) for fact in facts))

    assert {provider: row[0] for provider, row in (await sums(resources)).items()} == {
        "ai_studio": 8,
        "vertex": 8,
    }


async def test_over_the_budget(resources: Resources) -> None:
    """Runs are stamped so, whoever submits them; operators are told once that day."""
    await switched(resources, daily_tokens=4_000 + TOKENS_OF_A_CARD)
    first = await start_run(resources, "pip")
    await written(resources, first, ASKED)
    second = await start_run(resources, "bob", person="bob")
    third, fourth = [await start_run(resources, name, person=name) for name in ("cleo", "dora")]

    policies = [(await run_row(resources, run)).policy for run in (first, second, third, fourth)]
    assert [(one["ai_text"], one["over_budget"]) for one in policies] == [
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]
    started = [one for one in await told_events(resources) if isinstance(one, PipelineStarted)]
    assert [one.policy.ai_text for one in started] == [True, True, False, False]
    [told] = await exhausted(resources)
    assert (told.tokens, told.promised, told.cost_micros) == (4_000, TOKENS_OF_A_CARD, 3_400)
    assert told.budget == 4_000 + TOKENS_OF_A_CARD


async def test_open_runs_count_until_their_card_is_there(resources: Resources) -> None:
    """What runs may still take is set aside: a crowd does not get past the budget together."""
    await switched(resources, daily_tokens=3 * TOKENS_OF_A_CARD)
    names = [f"pip-{number}" for number in range(6)]
    runs = [await start_run(resources, name, person=name) for name in names]
    asked = [(await run_row(resources, run)).policy["ai_text"] for run in runs]
    await written(resources, runs[0], ASKED, login=names[0], github_id=100)
    async with transaction(resources.sessions) as session:
        spent = await spent_today(session)

    assert asked == [True, True, True, False, False, False]
    assert (spent.tokens, spent.promised) == (4_000, 2 * TOKENS_OF_A_CARD)


async def test_a_new_day(resources: Resources) -> None:
    """Yesterday's tokens are not today's, and of another day operators are told again."""
    await switched(resources, daily_tokens=1_000)
    async with transaction(resources.sessions) as session:
        yesterday = await today(session) - timedelta(days=1)
        row = {"purpose": "traits", "provider": "vertex", "model": "m", "calls": 1}
        row |= {"tokens_in": 9_000, "tokens_out": 9_000, "cost_micros": 1}
        await session.execute(insert(Spending).values(day=yesterday, **row))
    before = await stamped(resources)
    async with transaction(resources.sessions) as session:
        await session.execute(update(Spending).values(day=yesterday + timedelta(days=1)))
    after = await stamped(resources)

    assert (before.ai_text, before.over_budget) == (True, False)
    assert (after.ai_text, after.over_budget) == (False, True)


async def test_nothing_is_over_a_budget_nobody_needs(resources: Resources) -> None:
    """With models switched off nobody is told of a budget, and it is not what keeps them off."""
    await switched(resources, daily_tokens=1, ai_text=False)
    run_id = await start_run(resources, "pip")
    untold = await exhausted(resources)
    await written(resources, run_id, ASKED)
    await switched(resources, descriptions=True)
    described = await stamped(resources)

    assert (await run_row(resources, run_id)).policy["over_budget"] is False
    assert untold == []
    assert (described.descriptions, described.over_budget) == (False, False)
    assert len(await exhausted(resources)) == 1


async def test_switches(resources: Resources) -> None:
    """A switch holds for runs submitted from then on; given back, the settings hold again."""
    at_first = await stamped(resources)
    await switched(resources, ai_text=False, artwork=True, eligibility_threshold=0)
    then = await stamped(resources)
    await switched(resources, ai_text=None, artwork=None, eligibility_threshold=None)

    assert (at_first.ai_text, at_first.artwork, at_first.eligibility_threshold) == (True, False, 3)
    assert (then.ai_text, then.artwork, then.eligibility_threshold) == (False, True, 0)
    assert await stamped(resources) == at_first


@pytest.mark.parametrize("changes", [{"eligibility_threshold": 6}, {"daily_tokens": -1}])
async def test_a_switch_that_cannot_be(resources: Resources, changes: Any) -> None:
    """What makes no sense is refused by the table itself."""
    with pytest.raises(IntegrityError):
        await switched(resources, **changes)


async def test_what_today_took_is_shown(resources: Resources) -> None:
    """Whoever watches sees tokens, dollars and the budget, and that there is none."""
    registry = CollectorRegistry()
    gauges = SpentToday(resources.settings, resources.sessions, registry)
    run_id = await start_run(resources, "pip")
    await written(resources, run_id, ASKED)
    await gauges.look()
    unlimited = registry.get_sample_value("techub_model_budget_tokens")
    await switched(resources, daily_tokens=9_000)
    await gauges.look()

    assert unlimited == math.inf
    assert registry.get_sample_value("techub_model_budget_tokens") == 9_000
    assert registry.get_sample_value("techub_model_tokens_today") == 4_000
    assert registry.get_sample_value("techub_model_dollars_today") == 0.0034


async def test_stats_say_why(resources: Resources) -> None:
    """What the stats were counted from is kept with the card, addresses taken out."""
    run_id = await start_run(resources, "pip")
    event = await card(resources, run_id)
    why = {"attack": "3 followers.", "speed": "Ask ada@example.org."}
    await keep_ledger(event.model_copy(update={"reasons": why}), resources)
    async with transaction(resources.sessions) as session:
        shown = await show_profile(session, "pip", resources.settings)

    assert shown is not None
    assert shown.reasons["attack"] == "3 followers."
    assert "ada@" not in shown.reasons["speed"]
