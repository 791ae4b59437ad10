"""What the notifier depends on, each with a look at it."""

from email.utils import parseaddr
from typing import Final

from techub_common.database import Sessions
from techub_common.doctor import Check, Seen, ill, poor, well
from techub_common.doctor.database import clock, postgres
from techub_common.doctor.dependencies import consumer, nats
from techub_common.errors import Permanent
from techub_common.runtime import Service
from techub_common.streams import NOTIFIER
from techub_notifier.recipients import readable
from techub_notifier.resend_mail import SEND_SECONDS, Resend
from techub_notifier.resources import Resources
from techub_notifier.settings import Settings
from techub_notifier.tables import METADATA

VERIFIED: Final = "verified"

MIGRATE: Final = "Run `python -m techub_notifier migrate`, then `python -m techub_api migrate`."
NO_KEY: Final = "Set RESEND_API_KEY: mails are made and kept, and sent once there is one."
NEW_KEY: Final = "Replace RESEND_API_KEY by a key that may send; mails wait and go out then."
LATER: Final = "See RESEND_API_URL and Resend's status page; mails wait and are tried again."
VERIFY: Final = "Verify the domain at Resend (SPF and DKIM), or send from another in EMAIL_FROM."
NO_ALERTS: Final = "Name in ALERT_EMAIL who is to hear of what goes wrong."


def checks(service: Service, settings: Settings, resources: Resources) -> tuple[Check, ...]:
    """Return the road, the database, whom mails are for, Resend, and who is alerted."""
    return (
        nats(service.client),
        consumer(service.jetstream, NOTIFIER, ack_wait=settings.ack_wait_seconds),
        postgres(resources.sessions, "techub_notifier", METADATA),
        clock(resources.sessions),
        _recipients(resources.sessions),
        _resend(resources.mailer, settings.email_from),
        _alerts(resources.alert_addresses),
    )


def _recipients(sessions: Sessions) -> Check:
    async def look() -> Seen:
        await readable(sessions)
        return well("the api's view of who looks after a profile can be read")

    return Check("recipients", look, MIGRATE)


def _resend(mailer: Resend | None, sender: str) -> Check:
    """Ask Resend for our domains: nothing is sent, and a wrong key is not let in."""

    async def look() -> Seen:
        if mailer is None:
            return poor("RESEND_API_KEY is not set: mails wait unsent", NO_KEY)
        try:
            domains = await mailer.domains()
        except Permanent as error:
            return ill(str(error), NEW_KEY)
        if domains is None:
            return well("Resend accepts the key, which may send and do nothing else")
        domain = domain_of(sender)
        status = domains.get(domain, "not there")
        if status != VERIFIED:
            return ill(f"Resend accepts the key; the domain {domain} is {status}", VERIFY)
        return well(f"Resend accepts the key; the domain {domain} is verified")

    return Check("resend", look, LATER, seconds=SEND_SECONDS + 2)


def domain_of(sender: str) -> str:
    """Return the domain mails come from."""
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def _alerts(addresses: tuple[str, ...]) -> Check:
    async def look() -> Seen:
        if not addresses:
            return poor("ALERT_EMAIL is not set: nobody hears of what goes wrong", NO_ALERTS)
        count = len(addresses)
        return well(f"{count} {'address hears' if count == 1 else 'addresses hear'} of alerts")

    return Check("alerts", look, NO_ALERTS)
