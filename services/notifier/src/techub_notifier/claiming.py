"""What follows from a fact that is heard, in one transaction: rows with frozen mails."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import structlog

from techub_common.envelope import current, seal
from techub_common.events import (
    AddressChanged,
    BudgetExhausted,
    Ended,
    Event,
    HealthChanged,
    MailReported,
)
from techub_notifier import endings, rules
from techub_notifier.emails import Letters
from techub_notifier.rows import Claimed, NewDelivery, Rows
from techub_notifier.rules import SETTLED, Audience, Mail, Notice, State

log = structlog.get_logger()

SOURCE = "/services/notifier"
LEFT = "the person had their data deleted"


async def end_of_run(
    rows: Rows, event: Ended, letters: Letters, alert_addresses: tuple[str, ...]
) -> None:
    """Freeze a mail for everybody who hears of the run's end; heard again, nothing is added."""
    cause = current() or seal(event, SOURCE)
    if not await rows.first_time(event):
        log.info("event_repeated")
        await endings.repeat(rows, event, cause.tell)
        return
    heard_by = rules.audiences(event)
    owners = await rows.owners_of(event.profile_id) if Audience.owner in heard_by else ()
    alerts = alert_addresses if Audience.ops in heard_by else ()
    stopped = await rows.stopped(rules.fingerprints_of(owners, alerts))
    await rows.add_ending(event, cause)
    claimed = Claimed()
    for notice in rules.notices_for(event, owners, alerts, stopped):
        await _claim(rows, event, notice, letters, claimed)
    if claimed.pending and not claimed.told_before:
        return
    ending = await endings.locked(rows, event.run_id, rules.run_event(event))
    ending = replace(ending, told_before=claimed.told_before)
    await rows.mark_ending(ending, told_before=claimed.told_before)
    if not claimed.pending:
        await endings.record_if_over(rows, ending)


async def address_changed(rows: Rows, event: AddressChanged, letters: Letters) -> None:
    """Freeze the mail that asks the person whether the address is theirs.

    Who is gone gets no mail any more, and none that they got is kept.
    """
    if not await rows.first_time(event):
        log.info("event_repeated")
        return
    if event.gone:
        await _person_left(rows, event.user_id)
        return
    wanted = await rows.unconfirmed(event.user_id)
    if wanted is None:
        log.info("address_settled", user_id=str(event.user_id))
        return
    notice = rules.to_confirm(wanted.user_id, wanted.address)
    delivery_id = uuid5(event.run_id, f"delivery\nconfirm\n{notice.recipient}")
    payload = None
    if notice.state is State.pending:
        payload = letters.confirm(wanted, notice, delivery_id)
    row = NewDelivery(
        id=delivery_id,
        event="confirm",
        audience=Audience.owner,
        recipient=notice.recipient,
        state=notice.state,
        user_id=notice.user_id,
        address=notice.address,
        payload=payload,
        reason=notice.reason,
    )
    await _add(rows, row)


async def mail_reported(
    rows: Rows, event: MailReported, letters: Letters, alert_addresses: tuple[str, ...]
) -> None:
    """Keep what became of a mail; an address that can take none is stopped, and ops are told.

    A report also settles a delivery whose answer was lost: the provider has the mail.
    """
    if not await rows.first_time(event):
        log.info("event_repeated")
        return
    placed = await rows.placed(event.delivery_id, event.provider_id)
    if placed is None:
        log.info("report_unplaced", reported=event.reported)
        return
    ending = await endings.settled(rows, placed.run_id, placed.event)  # before its delivery
    found = await rows.reportable(placed.id)
    accepted = rules.settles(found.state, found.attempts)
    if accepted or rules.supersedes(event.reported, found.reported):
        await rows.keep_report(found, event.reported, event.provider_id, accepted=accepted)
    if accepted and ending is not None:
        await endings.record_if_over(rows, ending)
    log.info("mail_reported", delivery_id=str(found.id), reported=event.reported)
    if not found.fingerprint or not rules.stops_address(event.reported, hard=event.hard):
        return
    if await rows.stop(found.fingerprint, event.reported, found.id):
        await _tell_ops_of_stop(rows, event, found.id, found.fingerprint, letters, alert_addresses)


async def budget_exhausted(
    rows: Rows, event: BudgetExhausted, letters: Letters, alert_addresses: tuple[str, ...]
) -> None:
    """Freeze the mail that tells operators, once a day, that models are not asked any more."""
    await _alert(rows, event, "budget", partial(letters.budget, event), alert_addresses)


async def health_changed(
    rows: Rows, event: HealthChanged, letters: Letters, alert_addresses: tuple[str, ...]
) -> None:
    """Freeze the mail that tells operators, once, what fails now and what works again."""
    await _alert(rows, event, "health", partial(letters.health, event), alert_addresses)


async def _alert(
    rows: Rows,
    event: Event,
    about: Mail,
    written: Callable[[Notice, UUID], str],
    alert_addresses: tuple[str, ...],
) -> None:
    """Freeze a mail of no run for each alert address; heard again, nothing is added."""
    if not await rows.first_time(event):
        log.info("event_repeated")
        return
    stopped = await rows.stopped(rules.fingerprints_of((), alert_addresses))
    for address in alert_addresses:
        notice = rules.unless_stopped(rules.for_ops(address), stopped)
        delivery_id = uuid5(event.run_id, f"delivery\n{about}\n{notice.recipient}")
        fit = notice.state is State.pending
        row = NewDelivery(
            id=delivery_id,
            event=about,
            audience=Audience.ops,
            recipient=notice.recipient,
            state=notice.state,
            address=address,
            payload=written(notice, delivery_id) if fit else None,
            reason=notice.reason,
        )
        await _add(rows, row)


async def close_due_digest(rows: Rows, letters: Letters) -> bool:
    """Freeze one digest whose time has come; False when there is none."""
    digest = await rows.due_digest()
    if digest is None:
        return False
    await rows.close_digest(digest.id, letters.digest(digest))
    log.info("digest_closed", delivery_id=str(digest.id), alerts=len(digest.summaries))
    return True


async def _person_left(rows: Rows, user_id: UUID) -> None:
    for one in await rows.mails_of(user_id):
        ending = await endings.settled(rows, one.run_id, one.event)  # before its delivery
        await rows.blank(one.id, LEFT)
        if ending is not None:
            await endings.record_if_over(rows, ending)


async def _claim(
    rows: Rows, event: Ended, notice: Notice, letters: Letters, claimed: Claimed
) -> None:
    row = await _row(rows, event, notice, letters)
    if not await _add(rows, row):
        claimed.told_before += 1
    elif row.state is State.pending:
        claimed.pending += 1


async def _row(rows: Rows, event: Ended, notice: Notice, letters: Letters) -> NewDelivery:
    delivery_id = rules.delivery_id(event, notice)
    known: dict[str, Any] = {
        "id": delivery_id,
        "event": rules.run_event(event),
        "audience": notice.audience,
        "recipient": notice.recipient,
        "run_id": event.run_id,
        "profile_id": event.profile_id,
        "user_id": notice.user_id,
        "address": notice.address,
        "state": notice.state,
        "reason": notice.reason,
    }
    if notice.state is not State.pending:
        return NewDelivery(**known)
    if notice.audience is Audience.ops and rules.goes_into_digest(
        await rows.lock_recipient(notice.recipient)
    ):
        digest_id = await rows.gathering_digest(
            notice.recipient, notice.address or "", rules.digest_id(delivery_id)
        )
        summary = letters.summary(event)
        gathered = {"state": State.digested, "digest_id": digest_id, "summary": summary}
        return NewDelivery(**(known | gathered))
    return NewDelivery(**known, payload=letters.frozen(event, notice, delivery_id))


async def _add(rows: Rows, row: NewDelivery) -> bool:
    added = await rows.add(row)
    if added and row.state is not State.pending:
        log.info(
            SETTLED[row.state],
            delivery_id=str(row.id),
            audience=row.audience,
            reason=row.reason,
        )
    return added


async def _tell_ops_of_stop(
    rows: Rows,
    event: MailReported,
    about: UUID,
    fingerprint: str,
    letters: Letters,
    alert_addresses: tuple[str, ...],
) -> None:
    stopped = await rows.stopped(rules.fingerprints_of((), alert_addresses))
    log.warning("address_stopped", delivery_id=str(about), reported=event.reported)
    for address in alert_addresses:
        notice = rules.for_ops(address)
        if notice.recipient.endswith(fingerprint) or notice.recipient[4:] in stopped:
            continue
        delivery_id = uuid5(about, f"delivery\nbounced\n{notice.recipient}")
        row = NewDelivery(
            id=delivery_id,
            event="bounced",
            audience=Audience.ops,
            recipient=notice.recipient,
            state=State.pending,
            address=address,
            payload=letters.bounced(event, notice, about, delivery_id),
        )
        await rows.add(row)
