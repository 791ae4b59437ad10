"""What the notifier does with each fact it hears."""

from typing import Annotated

from faststream import Context

from techub_common.errors import Permanent
from techub_common.events import AddressChanged, Ended, Event, MailReported
from techub_notifier import claiming
from techub_notifier.resources import Resources


async def notify(event: Event, resources: Annotated[Resources, Context()]) -> None:
    """Keep what follows from the fact in one transaction, and have due mails looked for."""
    async with resources.store.transaction() as rows:
        match event:
            case Ended():
                await claiming.end_of_run(rows, event, resources.letters, resources.alert_addresses)
            case AddressChanged():
                await claiming.address_changed(rows, event, resources.letters)
            case MailReported():
                await claiming.mail_reported(
                    rows, event, resources.letters, resources.alert_addresses
                )
            case _:
                message = f"the notifier does not hear {event.type}"
                raise Permanent(message, code="unknown_event")
    resources.sender.wake()
