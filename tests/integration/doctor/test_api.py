"""The api with the database, the streams or the store broken in turn says exactly that."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from techub_api.schema import METADATA
from techub_api.service import opener
from techub_api.settings import Settings
from techub_common.database import open_engine
from techub_common.doctor.database import POSTGRES_MEND
from techub_common.doctor.dependencies import MIGRATE
from techub_common.migrations import migrate
from techub_common.settings import AppEnv
from techub_common.streams import DEAD, EVENTS, NOTIFIER, consumer_config
from techub_devstack.servers.postgres import PostgresServer, postgres_server

from .conftest import Ask, answering, bad


@pytest.fixture(scope="module")
async def fragile_postgres(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[PostgresServer]:
    """Give a Postgres that may be stopped."""
    async with postgres_server(tmp_path_factory.mktemp("postgres"), fsync=False) as server:
        yield server


@pytest.fixture(scope="module")
async def database(fragile_postgres: PostgresServer) -> str:
    """Give a database with the api's schema."""
    url = await fragile_postgres.create_database("api")
    await migrate("techub_api", METADATA, url, url, readers=["notifier"])
    return url


@pytest.fixture
def settings(nats_url: str, database: str, tmp_path: Path) -> Settings:
    """Give the settings of an api."""
    return Settings(
        app_env=AppEnv.test,
        nats_url=nats_url,
        database_url=database,
        storage_url=tmp_path.as_uri(),
        secret_key="s" * 32,
        ack_wait_seconds=3.0,
    )


@pytest.fixture
async def asked(js: JetStreamContext, settings: Settings, ask: Ask) -> AsyncIterator[Ask]:
    """Give the question to an api that is open."""
    await js.stream_info(EVENTS)
    async with answering(settings, opener(settings)):
        yield ask


async def test_all_is_well(asked: Ask) -> None:
    """The road with everything on it, the database, the clock and the store are looked at."""
    found = await asked("api")

    assert list(found) == ["answers", "nats", "jetstream", "postgres", "clock", "store"]
    assert bad(found) == {}


async def test_postgres_is_stopped(asked: Ask, fragile_postgres: PostgresServer) -> None:
    """The database is named, and only it; it is well again by itself."""
    await fragile_postgres.stop()
    away = await asked("api")
    await fragile_postgres.start()
    back = await asked("api")

    assert {name: state for name, (state, _) in bad(away).items()} == {
        "postgres": "fail",
        "clock": "fail",
    }
    assert away["postgres"].seen.startswith("the database does not answer: ")
    assert away["postgres"].todo == POSTGRES_MEND
    assert bad(back) == {}


@pytest.mark.parametrize(
    ("revision", "state", "todo"),
    [
        ("2026_11_27_1700", "fail", "Run `python -m techub_api migrate`."),
        ("2099_01_01_0000", "warn", "A newer version has migrated already"),
    ],
)
async def test_another_schema(
    asked: Ask, database: str, revision: str, state: str, todo: str
) -> None:
    """A schema that is older than the code is a failure, a newer one is a rollout under way."""
    engine = open_engine(database, pool=1)
    change = text("UPDATE api.alembic_version SET version_num = :to")
    async with engine.begin() as connection:
        head = await connection.scalar(text("SELECT version_num FROM api.alembic_version"))
        await connection.execute(change, {"to": revision})
    try:
        found = await asked("api")
    finally:
        async with engine.begin() as connection:
            await connection.execute(change, {"to": head})
        await engine.dispose()

    said = f"the schema api is at {revision}, this version was written for {head}"
    assert bad(found) == {"postgres": (state, said)}
    assert found["postgres"].todo.startswith(todo)


async def test_a_stream_is_deleted(asked: Ask, js: JetStreamContext) -> None:
    """The stream is named."""
    await js.delete_stream(DEAD)
    found = await asked("api")

    assert bad(found) == {"jetstream": ("fail", "the stream DEAD is missing")}
    assert found["jetstream"].todo == MIGRATE


async def test_a_stream_was_altered(asked: Ask, js: JetStreamContext) -> None:
    """What of it differs is named."""
    config = (await js.stream_info(EVENTS)).config
    config.max_age = 60.0
    config.duplicate_window = 60.0
    config.subjects = [subject for subject in config.subjects or [] if "budget" not in subject]
    await js.update_stream(config)
    found = await asked("api")

    assert "the stream EVENTS: subjects lacks budget.exhausted" in found["jetstream"].seen
    assert "the stream EVENTS: max_age is 60.0, and must be 1209600.0" in found["jetstream"].seen


async def test_a_consumer_was_altered_and_one_deleted(asked: Ask, js: JetStreamContext) -> None:
    """Consumers of other services are the api's to look at, too."""
    altered = consumer_config(NOTIFIER, 3.0)
    altered.filter_subjects = [s for s in altered.filter_subjects or [] if "health" not in s]
    await js.add_consumer(EVENTS, altered)
    await js.delete_consumer(EVENTS, "optimizer")
    found = await asked("api")

    said = (
        "the consumer optimizer of EVENTS is missing; "
        "the consumer notifier of EVENTS: filter_subjects lacks health.changed"
    )
    assert bad(found) == {"jetstream": ("fail", said)}


async def test_the_store_cannot_be_written_to(asked: Ask, settings: Settings) -> None:
    """A file where the store makes its drafts stands for a disk that takes nothing."""
    folder = Path(settings.storage_url.removeprefix("file://"))
    for entry in folder.iterdir():
        entry.rmdir()
    (folder / "runs").write_text("not a folder")
    found = await asked("api")

    assert list(bad(found)) == ["store"]
    assert found["store"].seen.startswith("an object could not be written: ")
