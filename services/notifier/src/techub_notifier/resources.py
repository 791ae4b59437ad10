"""What the notifier keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from techub_common.backlog import Backlog
from techub_common.database import Sessions, open_sessions, ping
from techub_common.outbox import Outbox, Relay
from techub_common.runtime import Service
from techub_notifier.emails import Letters
from techub_notifier.forgetting import forget_forever
from techub_notifier.recipients import readable
from techub_notifier.resend_mail import open_resend
from techub_notifier.sender import Sender
from techub_notifier.settings import Settings
from techub_notifier.tables import OUTBOX


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to the handler by annotation."""

    sessions: Sessions
    outbox: Outbox
    letters: Letters
    sender: Sender
    alert_addresses: tuple[str, ...]


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened; the loops and checks are added to the service."""
    async with (
        open_sessions(settings.database_url.get_secret_value()) as sessions,
        open_resend(settings.resend_api_key.get_secret_value(), settings.resend_api_url) as resend,
    ):
        outbox = Outbox(OUTBOX, settings.source, service.metrics)
        sender = Sender(sessions, outbox, resend, service.road)
        relay = Relay(outbox, sessions, service.tell)
        service.loops += [sender.run, relay.run, lambda: forget_forever(sessions, service.road)]
        service.loops.append(Backlog(outbox, sessions, service.registry).run)
        service.checks["database"] = lambda: ping(sessions)
        service.checks["recipients"] = lambda: readable(sessions)
        yield Resources(
            sessions=sessions,
            outbox=outbox,
            letters=Letters(
                sender=settings.email_from, host=settings.app_host, env=settings.app_env
            ),
            sender=sender,
            alert_addresses=settings.alert_addresses,
        )
