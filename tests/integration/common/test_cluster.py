"""A service whose NATS server goes away works on with another one of the cluster."""

import asyncio
from pathlib import Path

import pytest

from techub_common.broker import open_broker
from techub_common.nats_address import servers_of
from techub_common.settings import AppEnv, CommonSettings
from techub_devstack.servers.guard import configuration, url_for
from techub_devstack.servers.nats import nats_cluster


class Settings(CommonSettings):
    """A service that NATS knows."""

    service = "generator"


async def test_it_is_known_to_every_server_of_the_cluster(tmp_path: Path) -> None:
    """The servers it was only told of take its user too, though the user stood in one address."""
    async with nats_cluster(tmp_path, nodes=2, config_extra=configuration()) as (first, second):
        settings = Settings(nats_url=url_for(first.url, "generator"), app_env=AppEnv.test)
        async with open_broker(settings) as broker:
            async with asyncio.timeout(10):
                while not broker.connection.discovered_servers:
                    await asyncio.sleep(0.01)
            await first.kill()
            async with asyncio.timeout(20):
                while not await connected_to(broker, second.url):
                    await asyncio.sleep(0.05)


async def connected_to(broker: object, url: str) -> bool:
    """Return whether the broker is connected to that server."""
    client = broker.connection  # type: ignore[attr-defined]
    at = client.connected_url
    return client.is_connected and at is not None and at.netloc == url.removeprefix("nats://")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nats://n:4222", (["nats://n:4222"], None, None)),
        ("nats://a:p%40x@n:4222", (["nats://n:4222"], "a", "p@x")),
        ("tls://a:p@n:1, tls://a:p@m:2", (["tls://n:1", "tls://m:2"], "a", "p")),
    ],
)
def test_who_connects_is_told_apart_from_where(
    given: str, expected: tuple[list[str], str | None, str | None]
) -> None:
    """A list has one user; what is escaped in an address is not in the password."""
    assert servers_of(given) == expected
