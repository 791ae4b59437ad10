"""Notifiers over real Postgres, real NATS and the double of Resend."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from nats.js import JetStreamContext
from sqlalchemy import create_engine, select, text, update

from techub_common import streams
from techub_common.database import Sessions, open_engine, open_sessions, transaction
from techub_common.envelope import Envelope, seal
from techub_common.events import (
    Ended,
    NotificationRecorded,
    Notify,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    Trigger,
)
from techub_common.migrations import migrate
from techub_common.runtime import Service, opened
from techub_devstack.doubles.handle import MailDouble
from techub_devstack.servers.databases import Databases
from techub_notifier.handlers import notifier
from techub_notifier.recipients import COLUMNS, UNCONFIRMED, VIEW
from techub_notifier.resources import Resources, open_resources
from techub_notifier.settings import Settings
from techub_notifier.tables import DELIVERIES, METADATA, OUTBOX

T = TypeVar("T")
SECRET = "a-secret-of-the-tests-32-characters"
DIALECT = create_engine("postgresql+asyncpg://").dialect

KINDS: dict[str, type[Ended]] = {
    "completed": PipelineCompleted,
    "partial": PipelinePartial,
    "failed": PipelineFailed,
}


async def eventually(
    check: Callable[[], Awaitable[T]], *, within: float = 15.0, what: str = "it"
) -> T:
    """Return the first true answer of `check`; fail when there is none in time."""
    deadline = time.monotonic() + within
    while not (answer := await check()):
        assert time.monotonic() < deadline, f"{what} did not happen within {within:g} s"
        await asyncio.sleep(0.02)
    return answer


async def prepare(url: str) -> None:
    """Make the api's view as its contract says, over a plain table, readable by the notifier."""
    kinds = {name: kind.compile(DIALECT) for name, kind in COLUMNS.items()}
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    engine = open_engine(url, pool=1)
    async with engine.begin() as connection:
        for statement in (
            "CREATE SCHEMA api",
            f"CREATE TABLE api.people ({columns})",
            f"CREATE VIEW api.{VIEW.name} AS SELECT {', '.join(COLUMNS)} FROM api.people",
            "CREATE TABLE api.unconfirmed_addresses (user_id uuid, login text, address text)",
            "GRANT USAGE ON SCHEMA api TO techub_notifier",
            f"GRANT SELECT ON api.{VIEW.name}, api.{UNCONFIRMED.name} TO techub_notifier",
        ):
            await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(scope="session")
async def template(postgres: Databases) -> str:
    """Name a database with the migrated schema, to be copied per test."""
    name = f"notifier_{uuid4().hex[:8]}"
    url = await postgres.create_database(name)
    await migrate("techub_notifier", METADATA, url, as_service(url))
    await prepare(url)
    return name


def as_service(url: str) -> str:
    """Return the address with the notifier's own user in it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://notifier_service@{rest.rpartition('@')[2]}"


@pytest.fixture
async def admin_url(postgres: Databases, template: str) -> AsyncIterator[str]:
    """Give the administrator's address of a fresh database with the schema."""
    name = f"{template}_{uuid4().hex[:8]}"
    yield await postgres.create_database(name, template)
    await postgres.drop_database(name)


@pytest.fixture
async def sessions(admin_url: str) -> AsyncIterator[Sessions]:
    """Give sessions as the notifier's own user."""
    async with open_sessions(as_service(admin_url), pool=20) as made:
        yield made


@dataclass
class Stage:
    """Everything a test needs to let runs end and see who is told."""

    settings: Settings
    sessions: Sessions
    admin_url: str
    resend: MailDouble
    js: JetStreamContext

    @property
    def environment(self) -> dict[str, str]:
        """Return what a notifier reads that runs as a process of its own."""
        settings = self.settings
        return {
            "NATS_URL": settings.nats_url,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "RESEND_API_KEY": "re_test",
            "RESEND_PER_SECOND": "0",
            "SECRET_KEY": SECRET,
            "RESEND_API_URL": settings.resend_api_url,
            "ACK_WAIT_SECONDS": "3",
            "HEALTH_PORT": str(_free_port()),
            "ALERT_EMAIL": settings.alert_email,
        }

    async def owners(self, profile_id: UUID, *people: dict[str, Any]) -> list[UUID]:
        """Make these people look after the profile; a name is enough for one who may be told."""
        ids: list[UUID] = []
        engine = open_engine(self.admin_url, pool=1)
        async with engine.begin() as connection:
            for person in people:
                row: dict[str, Any] = {
                    "user_id": uuid4(),
                    "verified": True,
                    "wants_mail": True,
                } | person
                row = {"address": "ada@example.com", "profile_id": profile_id} | row
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                await connection.execute(
                    text(f"INSERT INTO api.people ({names}) VALUES ({values})"), row
                )
                ids.append(UUID(str(row["user_id"])))
        await engine.dispose()
        return ids

    async def admin(self, statement: str, **values: object) -> None:
        """Run a statement as administrator."""
        engine = open_engine(self.admin_url, pool=1)
        async with engine.begin() as connection:
            await connection.execute(text(statement), values)
        await engine.dispose()

    async def tell(self, event: Ended, tell: int = 0) -> None:
        """Publish the end of a run, as the api does."""
        envelope: Envelope = seal(event, "/services/api", tell=tell)
        await self.js.publish(event.subject, envelope.body(), headers=envelope.headers())

    async def rows(self, *conditions: Any) -> list[Any]:
        """Return the deliveries, in the order they were made."""
        async with transaction(self.sessions) as session:
            wanted = select(DELIVERIES).where(*conditions).order_by(DELIVERIES.c.created_at)
            return list((await session.execute(wanted)).all())

    async def change(self, **values: object) -> None:
        """Change every delivery, as time or a person would."""
        async with transaction(self.sessions) as session:
            await session.execute(update(DELIVERIES).values(**values))

    async def recorded(self, run_id: UUID) -> list[NotificationRecorded]:
        """Return what was written for the ledger about a run."""
        async with transaction(self.sessions) as session:
            wanted = select(OUTBOX.c.body).where(OUTBOX.c.run_id == run_id).order_by(OUTBOX.c.id)
            bodies = (await session.execute(wanted)).scalars().all()
        return [NotificationRecorded.model_validate_json(_data_of(body)) for body in bodies]

    async def counts(self, run_id: UUID, **within: Any) -> dict[str, int]:
        """Return the counts that were told about a run, the zeros left out.

        An end told again is answered again: every answer has to say the same.
        """
        told = await eventually(
            lambda: self.recorded(run_id), what="notification.recorded", **within
        )
        counts = told[0].counts
        assert all(again.counts == counts for again in told)
        return {str(name): count for name, count in counts.items() if count}

    @asynccontextmanager
    async def notifier(self) -> AsyncIterator[Resources]:
        """Run a whole notifier in this process."""
        async with AsyncExitStack() as stack:
            service: Service = await stack.enter_async_context(opened(self.settings))
            resources = await stack.enter_async_context(open_resources(service, self.settings))
            service.provide(resources=resources)
            service.hear_together(streams.NOTIFIER, notifier(resources), slots=2, most=25)
            tasks = [asyncio.create_task(loop()) for loop in service.loops]
            tasks += [asyncio.create_task(listener.run()) for listener in service.listeners]
            try:
                yield resources
            finally:
                for listener in service.listeners:
                    await listener.stop(0.05)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def idle(self) -> AsyncIterator[Resources]:
        """Open what a notifier works with, without letting it hear or send."""
        async with (
            opened(self.settings) as service,
            open_resources(service, self.settings) as resources,
        ):
            yield resources

    @contextmanager
    def process(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a notifier as a process of its own, ended with SIGKILL."""
        environment = self.environment | {"PATH": os.defpath}
        command = [sys.executable, "-m", "techub_notifier"]
        child = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent)
        try:
            yield child
        finally:
            child.kill()
            child.wait(10)


@pytest.fixture
def stage(
    admin_url: str,
    sessions: Sessions,
    nats_url: str,
    js: JetStreamContext,
    resend_double: MailDouble,
) -> Stage:
    """Give the stage, with an empty mailbox."""
    settings = Settings.model_validate(
        {
            "nats_url": nats_url,
            "database_url": as_service(admin_url),
            "resend_api_key": "re_test",
            "secret_key": SECRET,
            "resend_per_second": 0,
            "resend_api_url": resend_double.url,
            "alert_email": "ops@example.com, boss@example.com",
            "app_env": "test",
            "ack_wait_seconds": 3.0,
        }
    )
    return Stage(settings, sessions, admin_url, resend_double, js)


@pytest.fixture
def ended() -> Callable[..., Ended]:
    """Give a function that makes the end of a run; every field can be given."""

    def make(kind: str, **fields: object) -> Ended:
        known: dict[str, object] = {
            "run_id": uuid4(),
            "login": "octocat",
            "profile_id": uuid4(),
            "trigger": Trigger.submit,
            "notify": Notify.owners,
            "duration_ms": 4321,
        }
        return KINDS[kind].model_validate(known | fields)

    return make


def _data_of(body: bytes) -> bytes:
    return json.dumps(json.loads(body)["data"]).encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
