"""What the notifier keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from techub_common.backlog import Backlog
from techub_common.database import Sessions, open_sessions, ping
from techub_common.outbox import Outbox, Relay
from techub_common.pruning import Pruning
from techub_common.runtime import Service
from techub_notifier.emails import Letters
from techub_notifier.forgetting import forget_forever
from techub_notifier.metrics import Mails
from techub_notifier.postgres import PostgresStore
from techub_notifier.recipients import readable
from techub_notifier.resend_mail import Resend, open_resend
from techub_notifier.sender import Sender
from techub_notifier.settings import Settings
from techub_notifier.tables import INBOX, OUTBOX

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to handlers and answers by annotation; `mailer` is None while no key is set."""

    sessions: Sessions
    outbox: Outbox
    store: PostgresStore
    letters: Letters
    sender: "Wakes"
    mailer: Resend | None
    alert_addresses: tuple[str, ...]


class Wakes:
    """Tells the sender that there is work; nobody is told where nobody sends."""

    def __init__(self, sender: Sender | None) -> None:
        self._sender = sender

    def wake(self) -> None:
        """Have due mails looked for now."""
        if self._sender is not None:
            self._sender.wake()


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened; the loops and checks are added to the service.

    Without RESEND_API_KEY mails are made and kept, and sent once there is one.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        sessions = await stack.enter_async_context(open_sessions(url))
        outbox = Outbox(OUTBOX, settings.source, service.metrics)
        store = PostgresStore(sessions, outbox, settings.resend_per_second)
        letters = Letters(
            sender=settings.email_from,
            host=settings.app_host,
            secret=settings.secret_key.get_secret_value(),
            env=settings.app_env,
        )
        mailer, sender = None, None
        if settings.resend_api_key is None:
            log.warning("resend_unset", error="RESEND_API_KEY is not set: mails wait unsent")
        else:
            key = settings.resend_api_key.get_secret_value()
            mailer = await stack.enter_async_context(open_resend(key, settings.resend_api_url))
            sender = Sender(store, mailer, letters, service.road)
            service.loops.append(sender.run)
        relay = Relay(outbox, sessions, service.tell)
        service.loops += [relay.run, lambda: forget_forever(sessions, service.road)]
        service.loops.append(Pruning(sessions, OUTBOX, INBOX).run)
        service.loops.append(Backlog(outbox, sessions, service.registry).run)
        service.loops.append(Mails(sessions, service.registry).run)
        service.checks["database"] = lambda: ping(sessions)
        service.checks["recipients"] = lambda: readable(sessions)
        yield Resources(
            sessions=sessions,
            outbox=outbox,
            store=store,
            letters=letters,
            sender=Wakes(sender),
            mailer=mailer,
            alert_addresses=settings.alert_addresses,
        )
