"""The embedded NATS server: real JetStream that goes away and comes back."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import nats
import psutil
import pytest
from nats.aio.client import Client

from techub_devstack.servers.claims import InUse, claim
from techub_devstack.servers.nats import NatsServer, nats_server
from techub_devstack.servers.waiting import until

STARTS_AND_WAITS = """
import asyncio, sys, pathlib
from techub_devstack.servers.nats import nats_server
async def main():
    async with nats_server(pathlib.Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def silent(_: Exception) -> None:
    """Lost connections are what these tests are about."""


async def connected(server: NatsServer) -> Client:
    """Connect once, without coming back by itself."""
    return await nats.connect(server.url, error_cb=silent, allow_reconnect=False)


async def kept(server: NatsServer) -> list[str]:
    """Return the names of the streams the server has."""
    client = await connected(server)
    try:
        return [stream.config.name or "" for stream in await client.jetstream().streams_info()]
    finally:
        await client.close()


@pytest.mark.parametrize("how", ["restart", "kill"])
async def test_it_comes_back_with_what_it_had(tmp_path: Path, how: str) -> None:
    """Same port, same store, whether it was asked to stop or killed."""
    async with nats_server(tmp_path) as server:
        client = await connected(server)
        await client.jetstream().add_stream(name="KEPT", subjects=["kept.>"])
        await client.close()
        before = (server.url, server.monitoring_url)

        if how == "restart":
            await server.restart()
        else:
            await server.kill()
            await server.start()

        assert (server.url, server.monitoring_url) == before
        assert await kept(server) == ["KEPT"]


async def test_a_wiped_server_has_nothing(tmp_path: Path) -> None:
    """What a lost disk looks like."""
    async with nats_server(tmp_path) as server:
        client = await connected(server)
        await client.jetstream().add_stream(name="LOST", subjects=["lost.>"])
        await client.close()

        await server.wipe()
        await server.start()

        assert await kept(server) == []


async def test_every_write_is_synced(tmp_path: Path) -> None:
    """`sync_interval: always` is in force, unless it is asked for otherwise."""
    async with (
        nats_server(tmp_path / "safe") as safe,
        nats_server(tmp_path / "fast", sync_always=False) as fast,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        configured = [
            (await client.get(f"{server.monitoring_url}/jsz")).json()["config"]
            for server in (safe, fast)
        ]

    assert [config.get("sync_always", False) for config in configured] == [True, False]


async def test_a_wrong_configuration_says_why(tmp_path: Path) -> None:
    """The server's own words are in the error."""
    with pytest.raises(RuntimeError, match="no_such_setting"):
        async with nats_server(tmp_path, config_extra="no_such_setting: 1"):
            pass


async def test_one_server_per_directory(tmp_path: Path) -> None:
    """A second one is refused while the first lives, and not after."""
    async with nats_server(tmp_path):
        with pytest.raises(InUse):
            await claim(tmp_path, within=0.05)

    os.close(await claim(tmp_path, within=5))


async def test_nothing_outlives_its_parent(tmp_path: Path) -> None:
    """A parent killed with SIGKILL takes its server along."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    server = psutil.Process(int(await parent.stdout.readline()))

    parent.send_signal(signal.SIGKILL)
    await parent.wait()

    await until(lambda: gone(server), within=10, what="the end of the server")


def gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, collected or not."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
