"""What people may do how often: in one table, asked by whoever does it."""

from datetime import timedelta
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.limits.buckets import Asked, Limit, address_of, count, take
from techub_api.resources import Resources
from techub_api.settings import Settings
from techub_common.links import address_hash

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SIGN_INS = Limit("sign-in/address", 30, timedelta(minutes=10))
LOOK_UPS = Limit("look-up/address", 120, timedelta(minutes=1))
MAILS_BY_PERSON = Limit("mail/person", 5, HOUR)
MAILS_TO_ADDRESS = Limit("mail/to", 3, DAY)


async def submitting(opened: Resources, request: Request, user_id: UUID) -> None:
    """Count a run this person asks for; raise Permanent `too_many_requests`.

    An address may have three times as many as a person.
    """
    most = opened.settings.submissions_per_hour
    await take(
        opened.sessions,
        (
            Limit("submit/person", most, HOUR).of(user_id),
            _here(opened, request, Limit("submit/address", 3 * most, HOUR)),
        ),
    )


async def dealing(session: AsyncSession, settings: Settings, login: str | None) -> None:
    """Count a run of this profile that begins; raise Permanent `too_many_requests`.

    Half as many as a person may have in an hour, but in a day. It is counted in the run's own
    transaction: what is refused to strangers takes nothing from those who may.
    """
    await count(
        session, Limit("submit/profile", (settings.submissions_per_hour + 1) // 2, DAY).of(login)
    )


async def signing_in(opened: Resources, request: Request) -> None:
    """Count a sign-in that is begun; raise Permanent `too_many_requests`."""
    await take(opened.sessions, [_here(opened, request, SIGN_INS)])


async def looking_up(opened: Resources, request: Request) -> None:
    """Count a login that is looked up; raise Permanent `too_many_requests`."""
    await take(opened.sessions, [_here(opened, request, LOOK_UPS)])


async def being_mailed(opened: Resources, user_id: UUID, address: str) -> None:
    """Count a mail to an address nobody has confirmed; raise Permanent `too_many_requests`."""
    asked = (MAILS_BY_PERSON.of(user_id), MAILS_TO_ADDRESS.of(address_hash(address)))
    await take(opened.sessions, asked)


def _here(opened: Resources, request: Request, limit: Limit) -> Asked:
    host = request.client.host if request.client else ""
    return limit.of(address_of(opened.settings.secret_key.get_secret_value(), host))
