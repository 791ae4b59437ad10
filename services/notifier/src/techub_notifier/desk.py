"""What operators ask about deliveries and do to them: core request and reply over NATS."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4, uuid5

from faststream import Context
from sqlalchemy import Text, and_, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.addresses import fingerprint, is_sendable
from techub_common.asks import (
    ActOnNotification,
    NotificationRequest,
    NotificationsRequest,
    SmokeRequest,
)
from techub_common.database import transaction
from techub_common.errors import Permanent, Transient
from techub_notifier import endings
from techub_notifier.postgres import PostgresRows
from techub_notifier.resources import Resources
from techub_notifier.rules import State, may_drop, may_resend, needs_new_key
from techub_notifier.tables import DELIVERIES, ENDINGS, STOPPED

Opened = Annotated[Resources, Context("resources")]

_SHOWN: Final = (
    DELIVERIES.c.id,
    DELIVERIES.c.event,
    DELIVERIES.c.audience,
    DELIVERIES.c.state,
    DELIVERIES.c.recipient,
    DELIVERIES.c.run_id,
    ENDINGS.c.login,
    DELIVERIES.c.attempts,
    DELIVERIES.c.last_error,
    DELIVERIES.c.reported,
    DELIVERIES.c.created_at,
    DELIVERIES.c.due_at,
    DELIVERIES.c.first_tried_at,
    DELIVERIES.c.settled_at,
    DELIVERIES.c.provider_id,
    DELIVERIES.c.resent,
)
_WITH_LOGIN: Final = DELIVERIES.outerjoin(
    ENDINGS, (ENDINGS.c.run_id == DELIVERIES.c.run_id) & (ENDINGS.c.event == DELIVERIES.c.event)
)


async def list_notifications(request: NotificationsRequest, resources: Opened) -> dict[str, Any]:
    """Answer deliveries, the newest first; without a filter those a person can act on."""
    wanted = select(*_SHOWN).select_from(_WITH_LOGIN)
    if request.state is not None:
        wanted = wanted.where(DELIVERIES.c.state == _state(request.state))
    if request.run is not None:
        wanted = wanted.where(cast(DELIVERIES.c.run_id, Text).startswith(request.run.lower()))
    if request.login is not None:
        wanted = wanted.where(func.lower(ENDINGS.c.login) == request.login.lower())
    if request.state is None and request.run is None and request.login is None:
        waiting = (DELIVERIES.c.state == State.pending) & (DELIVERIES.c.attempts > 0)
        wanted = wanted.where(or_(DELIVERIES.c.state == State.parked, waiting))
    wanted = wanted.order_by(DELIVERIES.c.created_at.desc()).limit(request.limit)
    async with transaction(resources.sessions) as session:
        rows = (await session.execute(wanted)).mappings().all()
    return {"deliveries": [_as_json(dict(row)) for row in rows]}


async def show_notification(request: NotificationRequest, resources: Opened) -> dict[str, Any]:
    """Answer one delivery with its frozen mail's subject and text; no address is shown."""
    async with transaction(resources.sessions) as session:
        row = await _named(session, request.delivery)
        payload = await session.scalar(
            select(DELIVERIES.c.payload).where(DELIVERIES.c.id == row["id"])
        )
    return {"delivery": _as_json(row), "mail": _mail_of(payload)}


async def resend_notification(request: ActOnNotification, resources: Opened) -> dict[str, Any]:
    """Send a parked, refused or dropped delivery again; says first what that would mean.

    Within 23 hours of the first try the same key is used, so that it cannot become a second mail.
    """
    async with transaction(resources.sessions) as session:
        row = await _named(session, request.delivery, lock=True)
        age = await _age(session, row["id"])
        if not may_resend(State(row["state"]), has_mail=row["has_payload"]):
            message = f"a delivery that is {row['state']} cannot be sent again"
            raise Permanent(message, code="not_resendable")
        if await _told_since(session, row["id"]):
            message = "the same has been told to this person since, or is about to be"
            raise Permanent(message, code="told_since")
        fresh = needs_new_key(row["last_error"] or "", age)
        if request.really:
            await _make_pending(session, row, fresh=fresh)
    if request.really:
        resources.sender.wake()
    note = "under a new key: it may be a second mail" if fresh else "under the same key: no twin"
    return {"delivery": _as_json(row), "done": request.really, "note": f"sent again {note}"}


async def drop_notification(request: ActOnNotification, resources: Opened) -> dict[str, Any]:
    """Give up a parked or waiting delivery for good; the person counts as told."""
    async with transaction(resources.sessions) as session:
        rows = PostgresRows(session, resources.outbox)
        row = await _named(session, request.delivery)
        ending = await endings.settled(rows, row["run_id"], row["event"])  # before its delivery
        row = await _named(session, str(row["id"]), lock=True)
        if not may_drop(State(row["state"]), leased=row["leased"]):
            message = f"a delivery that is {row['state']} cannot be dropped"
            raise Permanent(message, code="not_droppable")
        if request.really:
            await _drop(session, row)
            if ending is not None:
                await endings.record_if_over(rows, ending)
    return {"delivery": _as_json(row), "done": request.really, "note": "never sent"}


async def smoke(request: SmokeRequest, resources: Opened) -> dict[str, Any]:
    """Send one mail at once and answer its id at Resend."""
    if resources.mailer is None:
        message = "RESEND_API_KEY is not set: no mail can be sent"
        raise Permanent(message, code="setting_missing")
    if not is_sendable(request.to):
        message = "this is not an address a mail can go to"
        raise Permanent(message, code="address_unusable")
    mail = resources.letters.smoke(request.to, request.message)
    try:
        provider_id = await resources.mailer.send(mail, uuid4())
    except Transient as error:
        message = f"Resend did not take it: {error}"
        raise Permanent(message, code=error.code) from error
    return {"id": provider_id}


async def _named(session: AsyncSession, name: str, *, lock: bool = False) -> dict[str, Any]:
    """Return the only delivery whose id begins so; raise Permanent `unknown_delivery`."""
    wanted = (
        select(
            *_SHOWN,
            DELIVERIES.c.payload.is_not(None).label("has_payload"),
            DELIVERIES.c.address,
            (DELIVERIES.c.leased_until > func.now()).label("leased"),
        )
        .select_from(_WITH_LOGIN)
        .where(cast(DELIVERIES.c.id, Text).startswith(name.lower(), autoescape=True))
        .limit(2)
    )
    if lock:
        wanted = wanted.with_for_update(of=DELIVERIES)
    rows = (await session.execute(wanted)).mappings().all()
    if len(rows) != 1:
        what = "several deliveries begin" if rows else "no delivery begins"
        message = f"{what} with {name!r}"
        raise Permanent(message, code="unknown_delivery")
    return dict(rows[0])


async def _age(session: AsyncSession, delivery_id: UUID) -> timedelta:
    age = select(func.now() - DELIVERIES.c.first_tried_at).where(DELIVERIES.c.id == delivery_id)
    return await session.scalar(age) or timedelta(0)


async def _make_pending(session: AsyncSession, row: dict[str, Any], *, fresh: bool) -> None:
    changes: dict[str, Any] = {
        "state": State.pending,
        "settled_at": None,
        "due_at": func.now(),
        "resent": row["resent"] + 1,
    }
    if fresh:
        key = uuid5(row["id"], f"resent\n{row['resent'] + 1}")
        changes |= {"key": key, "attempts": 0, "first_tried_at": None}
    await session.execute(update(DELIVERIES).where(DELIVERIES.c.id == row["id"]).values(**changes))
    stopped = STOPPED.c.fingerprint == fingerprint(row["address"])
    await session.execute(STOPPED.delete().where(stopped))


async def _drop(session: AsyncSession, row: dict[str, Any]) -> None:
    changes = {
        "state": State.dropped,
        "last_error": _dropped(row["last_error"]),
        "settled_at": func.coalesce(DELIVERIES.c.settled_at, func.now()),
        "lease_token": None,
        "leased_until": None,
    }
    await session.execute(update(DELIVERIES).where(DELIVERIES.c.id == row["id"]).values(changes))


async def _told_since(session: AsyncSession, delivery_id: UUID) -> bool:
    """Return whether another mail of the same to the same owner counts as told."""
    other = DELIVERIES.alias()
    same = and_(
        other.c.profile_id == DELIVERIES.c.profile_id,
        other.c.event == DELIVERIES.c.event,
        other.c.user_id == DELIVERIES.c.user_id,
        other.c.id != DELIVERIES.c.id,
        other.c.state.not_in((State.skipped, State.refused)),
    )
    found = select(other.c.id).join(DELIVERIES, same).where(DELIVERIES.c.id == delivery_id)
    return await session.scalar(found.limit(1)) is not None


def _state(name: str) -> State:
    if name not in set(State):
        message = f"no delivery is {name!r}; there are {', '.join(State)}"
        raise Permanent(message, code="unknown_state")
    return State(name)


def _dropped(error: str | None) -> str:
    return f"dropped by a person; {error}" if error else "dropped by a person"


def _mail_of(payload: str | None) -> dict[str, Any] | None:
    if payload is None:
        return None
    mail = json.loads(payload)
    return {"subject": mail["subject"], "text": mail["text"]}


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    hidden = ("address", "has_payload", "leased")
    return {
        name: value if isinstance(value, int | str | None) else _text(value)
        for name, value in row.items()
        if name not in hidden
    }


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
