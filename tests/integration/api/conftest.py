"""The api's resources on a real database and a folder, without a broker."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import select

from techub_api.accounts.actions import user_with_login, vouch_for_address
from techub_api.embeds.shelf import Shelf
from techub_api.profiles.tables import Picture
from techub_api.resources import Resources
from techub_api.runs.feed import Feed
from techub_api.runs.tables import Run
from techub_api.schema import OUTBOX
from techub_api.settings import Settings
from techub_api.submissions.actions import submit
from techub_common.database import open_sessions, transaction
from techub_common.envelope import unseal
from techub_common.errors import Away
from techub_common.events import Event, Submitted
from techub_common.outbox import Outbox
from techub_common.storage import FolderStore

Told = Callable[[], Any]


@pytest.fixture
async def resources(api_database: str, tmp_path: Path) -> AsyncIterator[Resources]:
    """Give what handlers and routes get in production; nothing relays the outbox."""
    settings = Settings(
        nats_url="nats://127.0.0.1:1",
        database_url=api_database,
        storage_url=f"file://{tmp_path}",
        secret_key="x" * 32,
        app_host="https://techub.test",
    )
    async with open_sessions(api_database) as sessions:
        yield Resources(
            settings=settings,
            sessions=sessions,
            objects=FolderStore(tmp_path),
            outbox=Outbox(OUTBOX, settings.source),
            ask=nobody_answers,
            tell=None,  # type: ignore[arg-type]  # the ledger tells through the outbox only
            feed=Feed(api_database),
            variants=("og", "card", "simple"),
            shelf=Shelf(keep=0),  # tests look again at once
        )


async def nobody_answers(
    subject: str, question: BaseModel, *, within: float = 0.0
) -> dict[str, Any]:
    """Stand for the other services, none of which is there."""
    del question, within
    message = f"nobody hears {subject}"
    raise Away(message)


async def start_run(
    resources: Resources, login: str, person: str = "ada", inputs: Submitted | None = None
) -> UUID:
    """Submit a login for a person with a verified address and return the run."""
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, person)
        await vouch_for_address(session, user, f"{person}@example.org")
        asked = await submit(
            session, resources.outbox, resources.settings, user, login, inputs or Submitted()
        )
    return asked.run_id


async def told_events(resources: Resources) -> list[Event]:
    """Return everything the api has told, in order."""
    async with transaction(resources.sessions) as session:
        rows = (await session.execute(select(OUTBOX).order_by(OUTBOX.c.id))).all()
    return [unseal(row.body, row.headers).event for row in rows]


async def run_row(resources: Resources, run_id: UUID) -> Run:
    """Return the run's row."""
    async with transaction(resources.sessions) as session:
        return await session.get_one(Run, run_id)


async def published(resources: Resources) -> dict[str, UUID]:
    """Return variant → run of the current pictures."""
    async with transaction(resources.sessions) as session:
        rows = await session.execute(select(Picture.variant, Picture.run_id).distinct())
        return {row[0]: row[1] for row in rows}
