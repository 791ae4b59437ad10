"""The api dies at the two moments at which something is done and not yet known to be."""

from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from nats.js import JetStreamContext
from sqlalchemy import select, text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from techub_api.accounts.actions import create_token, user_with_login, vouch_for_address
from techub_api.app import create_app
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_api.schema import OUTBOX
from techub_common.broker import PubAck, Teller, open_broker
from techub_common.database import open_sessions, transaction
from techub_common.errors import Away
from techub_common.outbox import Relay
from techub_common.streams import EVENTS
from tests.integration.api.conftest import start_run, told_events


class Crash(BaseException):
    """The process dies here."""


class Dies:
    """An application that dies before the first byte of its reply."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what is asked, and die instead of answering."""
        del send

        async def die(_: Message) -> None:
            raise Crash

        await self._app(scope, receive, die)


async def test_api_after_commit_before_reply(resources: Resources) -> None:
    """A person who got no answer asks again and finds the run: it is begun once."""
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, "ada")
        await vouch_for_address(session, user, "ada@example.org")
        token = await create_token(session, user, "tests")
    headers = {"Authorization": f"Bearer {token}"}
    app = create_app(resources)

    async def submit(to: ASGIApp) -> tuple[int, str]:
        async with AsyncClient(
            transport=ASGITransport(to), base_url="https://techub.test", headers=headers
        ) as client:
            answer = await client.post("/api/v1/profiles", json={"login": "pip"})
            return answer.status_code, answer.json()["run_id"]

    with pytest.raises(BaseException) as died:  # noqa: PT011  # Crash, alone or in a group
        await submit(Dies(app))
    assert _holds(died.value, Crash)
    status, run_id = await submit(app)

    async with transaction(resources.sessions) as session:
        runs = (await session.scalars(select(Run.id))).all()
    assert (status, runs) == (200, [UUID(run_id)])
    assert [event.subject for event in await told_events(resources)] == ["pipeline.started"]


class DyingTeller(Teller):
    """Publishes, and loses the relay's connection to Postgres before anybody can note it."""

    database = ""

    async def publish(
        self, body: bytes, subject: str, stream: str, headers: dict[str, str]
    ) -> PubAck:
        """Store it, and end every session of the database: what they had open is rolled back."""
        ack = await super().publish(body, subject, stream, headers)
        async with open_sessions(self.database, pool=1) as own, transaction(own) as session:
            await session.execute(text(END_OTHERS))
        return ack


END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def test_relay_after_publish_before_mark(
    resources: Resources, js: JetStreamContext, nats_url: str, api_database: str
) -> None:
    """The next relay publishes it again; the stream holds it once, and the row says where."""
    run_id = await start_run(resources, "pip")
    settings = resources.settings.model_copy(update={"nats_url": nats_url})
    async with open_broker(settings) as broker:
        dying = DyingTeller(broker, settings.source)
        dying.database = api_database
        with pytest.raises(Away):
            await Relay(resources.outbox, resources.sessions, dying).relay_once()
        assert (await row_of(resources, run_id)).told_at is None
        assert (await js.stream_info(EVENTS)).state.messages == 1

        relay = Relay(resources.outbox, resources.sessions, Teller(broker, settings.source))
        assert await relay.relay_once() == 1
        assert await relay.relay_once() == 0

    state, row = (await js.stream_info(EVENTS)).state, await row_of(resources, run_id)
    assert state.messages == 1
    assert row.told_at is not None
    assert row.stream_sequence == state.last_seq


async def row_of(resources: Resources, run_id: UUID) -> Any:
    """Return the run's one row in the outbox."""
    async with transaction(resources.sessions) as session:
        return (await session.execute(select(OUTBOX).where(OUTBOX.c.run_id == run_id))).one()


def _holds(error: BaseException, kind: type[BaseException]) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_holds(leaf, kind) for leaf in error.exceptions)
    return isinstance(error, kind)
