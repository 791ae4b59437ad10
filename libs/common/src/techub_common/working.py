"""Who is at work and what they hold: every replica of a service answers, each for itself."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import BaseModel, ValidationError

from techub_common.asks import WORKERS
from techub_common.broker import Listener
from techub_common.collecting import collect
from techub_common.errors import Away

WITHIN: Final = 1.0
MOST_HELD: Final = 20


class Held(BaseModel):
    """A message in hand: what it tells, of whom, and since when."""

    consumer: str
    subject: str
    login: str
    run_id: str
    attempt: int
    seconds: float


class Worker(BaseModel):
    """One process of a service; of what it holds the first twenty messages are named."""

    service: str
    host: str
    pid: int
    version: str
    started_at: datetime
    held: int = 0
    holds: tuple[Held, ...] = ()


async def report(client: Client, service: str, listeners: Sequence[Listener]) -> None:
    """Answer from now on who this process is and what it holds; replicas share no question."""
    began = datetime.now(UTC)

    async def answer(question: Msg) -> None:
        said = _worker(service, began, listeners).model_dump_json()
        with suppress(NatsError):
            await question.respond(said.encode())

    await client.subscribe(f"ask.{service}.workers", cb=answer)


async def workers_of(client: Client, within: float = WITHIN) -> list[Worker]:
    """Return who answers within so many seconds, by service; raise Away."""
    found: list[Worker] = []

    def take(answer: bytes) -> bool:
        with suppress(ValidationError):
            found.append(Worker.model_validate_json(answer))
        return False  # nobody knows how many there are

    try:
        await asyncio.gather(
            *(
                collect(client, subject, b"{}", take, first=within, then=within)
                for subject in WORKERS
            )
        )
    except NatsError as error:
        message = f"NATS does not answer: {type(error).__name__}"
        raise Away(message) from error
    return sorted(found, key=lambda one: (one.service, one.host, one.pid))


def _worker(service: str, began: datetime, listeners: Sequence[Listener]) -> Worker:
    held = [
        Held(
            consumer=listener.consumer,
            subject=taken.envelope.event.subject,
            login=taken.envelope.event.login,
            run_id=str(taken.envelope.event.run_id),
            attempt=taken.message.metadata.num_delivered,
            seconds=round(taken.seconds, 1),
        )
        for listener in listeners
        for taken in listener.held
    ]
    return Worker(
        service=service,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=_version(service),
        started_at=began,
        held=len(held),
        holds=tuple(held[:MOST_HELD]),
    )


def _version(service: str) -> str:
    try:
        return version(f"techub-{service}")
    except PackageNotFoundError:
        return "?"
