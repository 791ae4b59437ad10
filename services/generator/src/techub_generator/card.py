"""The last stage: the traits are written, by a model where one may and can, else by heuristics."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from techub_common.events import Provenance
from techub_common.traits import CardTraits
from techub_generator.artifacts import known
from techub_generator.description import AvatarDescription
from techub_generator.gemini.context import Material
from techub_generator.gemini.exchange import Exchange
from techub_generator.gemini.providers import Name
from techub_generator.gemini.writing import Writer, Written
from techub_generator.heuristics import traits_of
from techub_generator.stages import (
    NO_CREDENTIAL,
    OVER_BUDGET,
    SWITCHED_OFF,
    TRAITS,
    Done,
    Paid,
    Run,
)

log = structlog.get_logger()

HEURISTICS: Final = "heuristics"
MOCK: Final = "mock"
AS_GOOD_AS_NEW: Final = timedelta(days=1)
MARGIN: Final = 5.0  # seconds the stage may take beyond asking


class Card(Paid):
    """The JSON of `runs/<run_id>/generate_ai_profile.json`.

    `written_at` is when a model wrote the traits, `calls` what this run has asked for them,
    `exchanges` word for word what was said when they were written, for operators; `seen` is what is
    seen in the avatar, kept for the next run.
    """

    traits: CardTraits
    provenance: Provenance
    written_at: datetime | None = None
    seen: AvatarDescription | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def counted(self) -> bool:
        """Return whether the stats follow from the profile by formula: no model judged them."""
        return self.provenance.provider == HEURISTICS


async def write_traits(
    run: Run, writer: Writer, material: Material, seen: AvatarDescription | None = None
) -> Card | None:
    """Return the card's traits, or None when the run leaves them out."""

    async def work() -> Done[Card]:
        done = await _written(run, writer, material)
        return replace(done, result=done.result.model_copy(update={"seen": seen}))

    return await run.stage(TRAITS, Card, work, seconds=writer.deadline + MARGIN)


async def _written(run: Run, writer: Writer, material: Material) -> Done[Card]:
    options, policy = run.event.options, run.event.policy
    before = await known(run.store, run.event.known.card, Card)
    if options.ai_mode == MOCK:
        traits = before.traits if before else traits_of(material.profile)
        return _done(Card(traits=traits, provenance=Provenance(provider=MOCK)))
    if not (policy.ai_text or policy.over_budget) or not writer.providers:
        return _done(_plain(material, NO_CREDENTIAL if policy.ai_text else SWITCHED_OFF))
    if before and not options.force and _holds(before, writer.input_hash(material)):
        return _done(_reused(before))
    if policy.over_budget:
        return _done(_plain(material, OVER_BUDGET))
    written = await writer.write(material)
    if written.traits is None:
        lost = f"The card was written without AI: {written.reason}."
        log.warning("ai_traits_failed", error=written.reason, attempts=len(written.calls))
        return _done(_plain(material, lost, written), lost=lost)
    log.info(
        "ai_traits_generated",
        provider=written.by.provider,
        model=written.by.model,
        attempts=len(written.calls),
    )
    card = Card(
        traits=written.traits,
        provenance=_provenance(written, written.by.provider, written.by.model),
        written_at=datetime.now(UTC),
        calls=written.calls,
        exchanges=written.exchanges,
    )
    return _done(card)


def _plain(material: Material, reason: str, written: Written | None = None) -> Card:
    """Return the heuristics' card, with what was asked in vain before."""
    traits = traits_of(material.profile)
    if written is None:
        provenance = Provenance(provider=HEURISTICS, fallback_reason=reason)
        return Card(traits=traits, provenance=provenance)
    return Card(
        traits=traits,
        provenance=_provenance(written, HEURISTICS, None, reason),
        calls=written.calls,
        exchanges=written.exchanges,
    )


def _provenance(
    written: Written, provider: str, model: str | None, reason: str | None = None
) -> Provenance:
    calls = written.calls
    tokens_in, tokens_out = (
        sum(one.tokens_in for one in calls),
        sum(one.tokens_out for one in calls),
    )
    return Provenance(
        provider=provider,
        model=model,
        prompt_version=written.prompt_version,
        attempts=len(calls),
        finish_reasons=tuple(one.finish_reason for one in calls if one.finish_reason),
        tokens=tokens_in + tokens_out,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_micros=sum(one.cost_micros for one in calls),
        input_hash=written.input_hash,
        fallback_reason=reason,
    )


def _holds(before: Card, input_hash: str) -> bool:
    """Return whether a model wrote that card of the same input within a day."""
    return (
        before.written_at is not None
        and before.provenance.provider in tuple(Name)
        and before.provenance.input_hash == input_hash
        and datetime.now(UTC) - before.written_at < AS_GOOD_AS_NEW
    )


def _reused(before: Card) -> Card:
    """Return the card as it was; this time it took nothing."""
    nothing = {"attempts": 0, "finish_reasons": (), "tokens": 0, "tokens_in": 0, "tokens_out": 0}
    provenance = before.provenance.model_copy(update={**nothing, "cost_micros": 0, "reused": True})
    return before.model_copy(update={"provenance": provenance, "calls": ()})


def _done(card: Card, lost: str | None = None) -> Done[Card]:
    by = "again" if card.provenance.reused else f"by {card.provenance.model or 'heuristics'}"
    return Done(card, f"Traits written {by}: {card.traits.title}.", lost=lost)
