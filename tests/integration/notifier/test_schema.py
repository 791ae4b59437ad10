"""The schema is what the models say, and refuses what cannot be."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from importlib.resources import as_file, files
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, insert, null, text
from sqlalchemy.exc import IntegrityError

from techub_common.database import Sessions, open_engine
from techub_common.migrations import alembic_config, migrate
from techub_devstack.servers.databases import Databases
from techub_notifier.__main__ import main
from techub_notifier.tables import DELIVERIES, ENDINGS, METADATA

from .conftest import as_service

CONSTRAINTS = text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'notifier'::regnamespace AND conname NOT LIKE 'alembic%' ORDER BY 1, 2"
)
INDEXES = text(
    "SELECT tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'notifier' AND tablename <> 'alembic_version' ORDER BY 1, 2"
)


@pytest.fixture
async def empty_url(postgres: Databases) -> AsyncIterator[str]:
    """Give the address of an empty database."""
    name = f"empty_{uuid4().hex[:8]}"
    yield await postgres.create_database(name)
    await postgres.drop_database(name)


def _check(connection: Connection) -> None:
    with as_file(files("techub_notifier") / "migrations") as folder:
        command.check(alembic_config(folder, connection, METADATA))


async def _shape(url: str) -> tuple[list[Any], list[Any]]:
    engine = open_engine(url, pool=1)
    async with engine.connect() as connection:
        found = [list((await connection.execute(what)).all()) for what in (CONSTRAINTS, INDEXES)]
    await engine.dispose()
    return found[0], found[1]


async def test_models_and_migrations_agree(admin_url: str, empty_url: str) -> None:
    """Alembic finds nothing to do, and every constraint and index is the model's own."""
    engine = open_engine(admin_url, pool=1)
    async with engine.connect() as connection:
        await connection.run_sync(_check)
    await engine.dispose()
    engine = open_engine(empty_url, pool=1)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA notifier"))
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()

    assert await _shape(admin_url) == await _shape(empty_url)


async def test_migrating_again_changes_nothing(admin_url: str) -> None:
    """A second migration finds everything in place."""
    before = await _shape(admin_url)

    await migrate("techub_notifier", METADATA, admin_url, as_service(admin_url))

    assert before == await _shape(admin_url)


async def test_migrate_command(empty_url: str) -> None:
    """`migrate` needs the database settings and nothing else."""
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": as_service(empty_url),
        "MIGRATION_DATABASE_URL": empty_url,
    }
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "techub_notifier", "migrate"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()

    assert run.returncode == 0, said
    assert b"schema_migrated" in said
    constraints, _ = await _shape(empty_url)
    assert constraints


@pytest.mark.parametrize(
    ("words", "answer"), [([], "is not set"), (["serve"], "is not set"), (["sing"], "usage: ")]
)
def test_what_cannot_be_done_is_said(
    monkeypatch: pytest.MonkeyPatch, words: list[str], answer: str
) -> None:
    """Started without its settings, or with a word it does not know, it ends with one line."""
    for name in ("NATS_URL", "DATABASE_URL", "RESEND_API_KEY", "CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["techub_notifier", *words])

    with pytest.raises(SystemExit, match=answer) as ended:
        main()

    assert len(str(ended.value).splitlines()) == 1


GOOD: dict[str, Any] = {
    "event": "completed",
    "audience": "owner",
    "user_id": uuid4(),
    "recipient": "user:1",
    "address": "ada@example.com",
    "state": "pending",
    "payload": "{}",
    "payload_sha256": "0",
}
NOW = text("now()")
TRIED: dict[str, Any] = {"attempts": 1, "first_tried_at": NOW}
DONE: dict[str, Any] = TRIED | {"state": "delivered", "provider_id": "x", "settled_at": NOW}


ALERT: dict[str, Any] = {"event": "failed", "audience": "ops", "user_id": None}
GATHERED: dict[str, Any] = {
    "state": "digested",
    "settled_at": NOW,
    "payload": None,
    "payload_sha256": None,
    "digest_id": uuid4(),
    "summary": {},
}


async def _keep(sessions: Sessions, row: dict[str, Any]) -> None:
    run = {"run_id": uuid4(), "event": row["event"], "profile_id": uuid4()}
    async with sessions() as session, session.begin():
        if row["event"] in ("completed", "partial", "failed"):
            await session.execute(insert(ENDINGS).values(run | {"login": "a", "cause": {}}))
        await session.execute(
            insert(DELIVERIES).values(run | {"id": uuid4(), "key": uuid4()} | row)
        )


@pytest.mark.parametrize("change", [{}, TRIED, DONE])
async def test_possible_rows(sessions: Sessions, change: dict[str, Any]) -> None:
    """Pending, tried and delivered rows are kept."""
    await _keep(sessions, GOOD | change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "sent", "settled_at": NOW, "last_error": "x"}, "state_known"),
        ({"audience": "all"}, "audience_known"),
        ({"user_id": None}, "owners_are_users"),
        ({"event": "partial"}, "owners_hear"),
        ({"audience": "ops", "user_id": None}, "ops_hear"),
        (DONE | {"settled_at": None}, "settled_once_over"),
        ({"settled_at": NOW}, "settled_once_over"),
        (DONE | {"provider_id": None}, "delivered_with_id"),
        ({"provider_id": "x"}, "delivered_with_id"),
        (DONE | {"attempts": 0, "first_tried_at": None}, "delivered_after_a_try"),
        ({"attempts": 1}, "tries_counted"),
        ({"first_tried_at": NOW}, "tries_counted"),
        (TRIED | {"state": "parked", "settled_at": NOW}, "reason_given"),
        ({"state": "skipped", "settled_at": NOW, "last_error": "x"}, "skipped_unsent"),
        ({"payload": None}, "pending_can_be_sent"),
        ({"address": None}, "pending_can_be_sent"),
        ({"payload_sha256": None}, "payload_hashed"),
        (TRIED | {"lease_token": uuid4()}, "lease_whole"),
        ({"lease_token": uuid4(), "leased_until": NOW}, "lease_while_pending"),
        (DONE | {"lease_token": uuid4(), "leased_until": NOW}, "lease_while_pending"),
        ({"event": "confirm"}, "runs_end"),
        ({"event": "confirm", "run_id": None}, "runs_have_profiles"),
        (DONE | {"reported": "read", "reported_at": NOW}, "report_known"),
        (DONE | {"reported": "bounced"}, "reported_once"),
        ({"resent": -1}, "attempts_counted"),
        (ALERT | GATHERED | {"summary": null()}, "digested_into_one"),
        (ALERT | GATHERED | {"digest_id": None}, "digested_into_one"),
        (ALERT | {"state": "gathering"}, "gathers_unsent"),
    ],
)
async def test_impossible_rows(sessions: Sessions, change: dict[str, Any], constraint: str) -> None:
    """What cannot be is refused by the database, by the constraint that says why."""
    with pytest.raises(IntegrityError, match=constraint):
        await _keep(sessions, GOOD | change)


async def test_one_open_mail_per_profile_event_and_owner(sessions: Sessions) -> None:
    """A second mail to an owner about the same is refused while the first is not skipped."""
    profile, user = uuid4(), uuid4()
    row = GOOD | {"profile_id": profile, "user_id": user}
    skipped = {"state": "skipped", "settled_at": NOW, "last_error": "opted_out"}
    bare = {"payload": None, "payload_sha256": None}
    await _keep(sessions, row | skipped | bare)
    await _keep(sessions, row | DONE)

    with pytest.raises(IntegrityError, match="owner_told_once"):
        await _keep(sessions, row)
