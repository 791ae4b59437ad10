"""What the notifier does with each fact it hears."""

from collections.abc import Sequence

from techub_common.broker import TogetherHandler
from techub_common.delivery import Taken
from techub_common.errors import Permanent
from techub_common.events import (
    AddressChanged,
    BudgetExhausted,
    Ended,
    Event,
    HealthChanged,
    MailReported,
)
from techub_notifier import claiming
from techub_notifier.resources import Resources
from techub_notifier.rows import Rows
from techub_notifier.rules import in_order


def notifier(resources: Resources) -> TogetherHandler:
    """Return the handler of what waits for the notifier: all in one transaction, or nothing."""

    async def keep(taken: Sequence[Taken]) -> None:
        async with resources.store.transaction() as rows:
            await rows.claim([one.envelope for one in taken])
            for one in sorted(taken, key=_place):
                with one.named():
                    await _follow(rows, one.envelope.event, resources)
        resources.sender.wake()

    return keep


async def notify(event: Event, resources: Resources) -> None:
    """Keep what follows from one fact in one transaction, and have due mails looked for."""
    async with resources.store.transaction() as rows:
        await _follow(rows, event, resources)
    resources.sender.wake()


async def _follow(rows: Rows, event: Event, resources: Resources) -> None:
    match event:
        case Ended():
            await claiming.end_of_run(rows, event, resources.letters, resources.alert_addresses)
        case AddressChanged():
            await claiming.address_changed(rows, event, resources.letters)
        case MailReported():
            await claiming.mail_reported(rows, event, resources.letters, resources.alert_addresses)
        case BudgetExhausted():
            await claiming.budget_exhausted(
                rows, event, resources.letters, resources.alert_addresses
            )
        case HealthChanged():
            await claiming.health_changed(rows, event, resources.letters, resources.alert_addresses)
        case _:
            message = f"the notifier does not hear {event.type}"
            raise Permanent(message, code="unknown_event")


def _place(taken: Taken) -> tuple[str, str]:
    """Return by what to sort: replicas that hear of the same profiles wait, and never cross."""
    event = taken.envelope.event
    return in_order(event) if isinstance(event, Ended) else ("", "")
