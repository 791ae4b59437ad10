"""The servers as containers, for test runs where a Docker engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

NATS_IMAGE = "nats:2.12-alpine"
NATS_PORT = 4222
NATS_CONFIGURATION = "jetstream { store_dir: /data, sync_interval: always }\n"
POSTGRES_IMAGE = "postgres:18-alpine"
POSTGRES_PORT = 5432


@contextmanager
def nats_container(directory: Path) -> Iterator[str]:
    """Run NATS with JetStream in a container and give its address."""
    configuration = directory / "nats.conf"
    configuration.write_text(NATS_CONFIGURATION, "utf-8")
    container = (
        DockerContainer(NATS_IMAGE)
        .with_exposed_ports(NATS_PORT)
        .with_volume_mapping(str(configuration), "/etc/techub.conf", "ro")
        .with_command("-c /etc/techub.conf")
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(NATS_PORT)
        yield f"nats://{host}:{port}"


@contextmanager
def postgres_container() -> Iterator[str]:
    """Run Postgres in a container and give its administrator's address."""
    container = (
        DockerContainer(POSTGRES_IMAGE)
        .with_exposed_ports(POSTGRES_PORT)
        .with_env("POSTGRES_USER", "app")
        .with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
        .with_command("postgres -c fsync=off -c full_page_writes=off -c max_connections=200")
        .waiting_for(LogMessageWaitStrategy("ready to accept connections", times=2))
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(POSTGRES_PORT)
        yield f"postgresql+asyncpg://app@{host}:{port}/postgres"
