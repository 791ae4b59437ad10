"""Facts leave with the rows they describe: written in one transaction, published after it."""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

import structlog
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
    Update,
    Uuid,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.database import Sessions, afterwards, put_off, transaction
from techub_common.envelope import MSG_ID_HEADER, TELL_HEADER, seal
from techub_common.errors import Away
from techub_common.events import Event
from techub_common.metrics import Metrics
from techub_common.streams import EVENTS

log = structlog.get_logger()

BATCH: Final = 100
IDLE_SECONDS: Final = 1.0


class PublishesBytes(Protocol):
    """What the relay needs of a teller."""

    async def publish(
        self, body: bytes, subject: str, stream: str, headers: dict[str, str]
    ) -> "Stored":
        """Publish and return the acknowledgement; raise Away."""
        ...


class Stored(Protocol):
    """The part of a PubAck the relay keeps."""

    seq: int


def outbox_table(metadata: MetaData) -> Table:
    """Return the outbox of a service's schema; a told row carries its stream sequence."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("run_id", Uuid, nullable=False, index=True),
        Column("event_id", Uuid, nullable=False),
        Column("tell", Integer, nullable=False),
        Column("subject", Text, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("told_at", DateTime(timezone=True)),
        Column("stream_sequence", BigInteger),
        UniqueConstraint("event_id", "tell"),
        Index("ix_outbox_waiting", "due_at", postgresql_where=text("told_at IS NULL")),
    )


class Outbox:
    """Writes facts into one schema's outbox and wakes the relay once they are committed."""

    def __init__(self, table: Table, source: str, metrics: Metrics | None = None) -> None:
        self.table = table
        self.source = source
        self.metrics = metrics or Metrics()
        self.committed = asyncio.Event()

    def tell(self, session: AsyncSession, *events: Event) -> None:
        """Add the facts to the caller's transaction; the relay wakes once it has committed.

        What the facts say is counted then, too. Raises Permanent `event_too_large`.
        """
        for told in events:
            envelope = seal(told, self.source)
            row = {
                "run_id": told.run_id,
                "event_id": told.id,
                "tell": envelope.tell,
                "subject": told.subject,
                "headers": envelope.headers(),
                "body": envelope.body(),
            }
            put_off(session, self._write, row)
        if events:
            afterwards(session, lambda: self._committed(events))

    async def _write(self, session: AsyncSession, rows: list[dict[str, object]]) -> None:
        await session.execute(insert(self.table), rows)

    def _committed(self, events: tuple[Event, ...]) -> None:
        for told in events:
            self.metrics.told(told)
        self.committed.set()


async def tell_again(session: AsyncSession, table: Table, row: Row[tuple[object, ...]]) -> bool:
    """Add a further tell of a written fact; False when somebody has added it already.

    The tell is raised, so the dedupe window lets it pass, here and at every hop that follows.
    """
    tell = row.tell + 1
    headers = row.headers | {MSG_ID_HEADER: f"{row.event_id}:{tell}", TELL_HEADER: str(tell)}
    added = await session.execute(
        upsert(table)
        .values(
            run_id=row.run_id,
            event_id=row.event_id,
            tell=tell,
            subject=row.subject,
            headers=headers,
            body=row.body,
        )
        .on_conflict_do_nothing()
        .returning(table.c.id)
    )
    return added.first() is not None


class Relay:
    """Publishes what is committed, in the order it was written, and keeps where it was stored."""

    def __init__(self, outbox: Outbox, sessions: Sessions, publisher: PublishesBytes) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._publisher = publisher

    async def run(self) -> None:
        """Relay for ever; while Postgres or JetStream is away, try again every 0.5 to 2 s."""
        pause = 0.5
        while True:
            self._outbox.committed.clear()
            try:
                relayed = await self.relay_once()
            except Away as error:
                log.warning("relay_waiting", error=str(error))
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)
                continue
            pause = 0.5
            if relayed < BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._outbox.committed.wait()

    async def relay_once(self) -> int:
        """Publish up to a batch of due rows and return how many were due; raise Away.

        A row that cannot be published is put off (1 s to 5 min) and blocks no other.
        """
        table = self._outbox.table
        due = (
            select(table)
            .where(table.c.told_at.is_(None), table.c.due_at <= func.now())
            .order_by(table.c.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        async with transaction(self._sessions) as session:
            rows = (await session.execute(due)).all()
            results = await asyncio.gather(*map(self._publish, rows), return_exceptions=True)
            stored: dict[int, int] = {}
            for row, result in zip(rows, results, strict=True):
                if isinstance(result, int):
                    stored[row.id] = result
                elif not isinstance(result, Away):  # one away is simply still due
                    await session.execute(self._put_back(row, result))
            if stored:
                await session.execute(self._marked(stored))
        away = [result for result in results if isinstance(result, Away)]
        if away:
            raise away[0]
        return len(rows)

    def _marked(self, stored: dict[int, int]) -> Update:
        """Return the statement that keeps where the stream holds each row (id → sequence)."""
        table = self._outbox.table
        told = (
            func.unnest(
                literal(list(stored), ARRAY(BigInteger())),
                literal(list(stored.values()), ARRAY(BigInteger())),
            )
            .table_valued("id", "sequence", name="told")
            .render_derived()
        )
        return (
            update(table)
            .where(table.c.id == told.c.id)
            .values(told_at=func.now(), stream_sequence=told.c.sequence)
        )

    def _put_back(self, row: Row[tuple[object, ...]], error: object) -> Update:
        """Return the statement that puts off a row that cannot be published."""
        log.error("relay_failed", event_id=str(row.event_id), error=str(error))
        table = self._outbox.table
        delay = func.make_interval(0, 0, 0, 0, 0, 0, min(300, 2 ** min(row.attempts, 8)))
        change = update(table).where(table.c.id == row.id)
        return change.values(attempts=table.c.attempts + 1, due_at=func.now() + delay)

    async def _publish(self, row: Row[tuple[object, ...]]) -> int:
        ack = await self._publisher.publish(row.body, row.subject, EVENTS, row.headers)
        if row.tell:
            self._outbox.metrics.told_again(row.subject)
        return ack.seq
