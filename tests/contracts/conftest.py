"""The stores the contract is held against: a folder, and a bucket of a real S3 server."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from techub_common.settings import StorageSettings
from techub_common.storage import WholeStore, open_store, prepare_store
from techub_devstack.servers.seaweedfs import SeaweedfsServer, binary, seaweedfs_server


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedfsServer]:
    """Give an S3 server with an empty, prepared bucket; skip where there is no SeaweedFS."""
    needs_seaweedfs()
    # started from the main thread, on a loop of its own: tests keep theirs
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        context = seaweedfs_server(tmp_path_factory.mktemp("seaweedfs"))
        server = runner.run(_entered(context))
        runner.run(prepare_store(bucket_of(server)))
        yield server
        runner.run(_left(context))


@pytest.fixture(scope="module", params=["folder", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> StorageSettings:
    """Give the settings of each kind of store."""
    if request.param == "folder":
        return StorageSettings(storage_url=tmp_path_factory.mktemp("objects").as_uri())
    return bucket_of(request.getfixturevalue("seaweedfs"))


@pytest.fixture(scope="module")
async def store(place: StorageSettings) -> AsyncIterator[WholeStore]:
    """Give each kind of store, open."""
    async with open_store(place) as opened:
        yield opened


@pytest.fixture
def here() -> str:
    """Give a name nobody else uses: a store is shared by the tests of this process."""
    return uuid.uuid4().hex


def needs_seaweedfs() -> None:
    """Skip where there is no SeaweedFS."""
    try:
        binary()
    except FileNotFoundError as error:
        pytest.skip(str(error))


def bucket_of(server: SeaweedfsServer, **changed: str) -> StorageSettings:
    """Return the settings of somebody who uses the server's bucket."""
    given = server.environment | changed
    return StorageSettings(
        storage_url=given["STORAGE_URL"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SecretStr(given["AWS_SECRET_ACCESS_KEY"]),
    )


async def _entered(context: object) -> SeaweedfsServer:
    return await context.__aenter__()  # type: ignore[attr-defined, no-any-return]


async def _left(context: object) -> None:
    await context.__aexit__(None, None, None)  # type: ignore[attr-defined]
