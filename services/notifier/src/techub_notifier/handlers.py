"""What the notifier does when a run is over."""

from typing import Annotated

import structlog
from faststream import Context

from techub_common.database import transaction
from techub_common.events import Ended
from techub_common.inbox import first_time
from techub_common.streams import NOTIFIER
from techub_notifier import deliveries, endings, rules
from techub_notifier.recipients import owners_of
from techub_notifier.resources import Resources
from techub_notifier.tables import INBOX

log = structlog.get_logger()


async def notify(event: Ended, resources: Annotated[Resources, Context()]) -> None:
    """Freeze a mail for everybody who hears of the run's end; heard again, nothing is added."""
    async with transaction(resources.sessions) as session:
        if not await first_time(session, INBOX, NOTIFIER.name, event):
            log.info("event_repeated")
            await endings.repeat(session, resources.outbox, event)
            return
        to_owners = rules.Audience.owner in rules.audiences(event)
        owners = await owners_of(session, event.profile_id) if to_owners else ()
        notices = rules.notices_for(event, owners, resources.alert_addresses)
        await endings.hear(session, event)
        claimed = await deliveries.claim(
            session, event, notices, lambda notice: resources.letters.frozen(event, notice)
        )
        await endings.count_told_before(session, event, claimed.told_before)
        if not claimed.pending:
            ending = await endings.lock(session, event.run_id, rules.run_event(event))
            await endings.record_if_over(session, resources.outbox, ending)
    resources.sender.wake()
