"""Fixtures: the real servers and the doubles, one of each per test process.

Where they come from: NATS_URL or DATABASE_URL in the environment, else containers where a Docker
engine answers, else the embedded servers.
"""

import asyncio
import importlib
import os
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

import pytest

from techub_devstack import samples
from techub_devstack.docker_engine import docker_answers
from techub_devstack.doubles import gemini, github, resend
from techub_devstack.doubles.handle import Double, MailDouble
from techub_devstack.doubles.serving import in_thread
from techub_devstack.servers.databases import Databases
from techub_devstack.servers.nats import nats_server
from techub_devstack.servers.postgres import postgres_server

T = TypeVar("T")


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a NATS server with JetStream, shared by this process's tests."""
    if given := os.environ.get("NATS_URL"):
        yield given
        return
    directory = tmp_path_factory.mktemp("nats")
    if docker_answers():
        containers = importlib.import_module("techub_devstack.containers")
        with containers.nats_container(directory) as url:
            yield url
        return
    with _running(nats_server(directory)) as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Give a Postgres server on which tests make databases of their own."""
    if given := os.environ.get("DATABASE_URL"):
        yield Databases(given)
        return
    if docker_answers():
        containers = importlib.import_module("techub_devstack.containers")
        with containers.postgres_container() as url:
            yield Databases(url)
        return
    with _running(postgres_server(tmp_path_factory.mktemp("postgres"), fsync=False)) as server:
        yield server


@pytest.fixture(scope="session")
def running_github_double() -> Iterator[Double]:
    """Serve GitHub for the whole session; for fixtures that live longer than a test."""
    with in_thread(github.create_app(samples.DIR)) as url:
        yield Double(url)


@pytest.fixture(scope="session")
def running_gemini_double() -> Iterator[Double]:
    """Serve Gemini for the whole session."""
    with in_thread(gemini.create_app()) as url:
        yield Double(url)


@pytest.fixture(scope="session")
def running_resend_double() -> Iterator[MailDouble]:
    """Serve Resend for the whole session."""
    with in_thread(resend.create_app()) as url:
        yield MailDouble(url)


@pytest.fixture
def github_double(running_github_double: Double) -> Iterator[Double]:
    """Give GitHub with no faults and no requests seen."""
    running_github_double.reset()
    yield running_github_double
    running_github_double.reset()


@pytest.fixture
def gemini_double(running_gemini_double: Double) -> Iterator[Double]:
    """Give Gemini with no faults and no requests seen."""
    running_gemini_double.reset()
    yield running_gemini_double
    running_gemini_double.reset()


@pytest.fixture
def resend_double(running_resend_double: MailDouble) -> Iterator[MailDouble]:
    """Give Resend with an empty mailbox, no faults and no requests seen."""
    running_resend_double.empty()
    running_resend_double.reset()
    yield running_resend_double
    running_resend_double.reset()


@contextmanager
def _running(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Enter and leave from the main thread, on a loop of its own: tests keep theirs."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner.run(_entered(server))
        runner.run(_left(server))


async def _entered(server: AbstractAsyncContextManager[T]) -> T:
    return await server.__aenter__()


async def _left(server: AbstractAsyncContextManager[T]) -> None:
    await server.__aexit__(None, None, None)
