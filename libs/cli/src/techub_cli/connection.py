"""The one way to the server: connected or a clear sentence, and questions that get answers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from pydantic import BaseModel

from techub_common.errors import Away, Permanent, TecHubError
from techub_common.nats_address import complaint, servers_of

CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where NATS is and who we are there."""

    url: str | None
    creds: Path | None = None

    @property
    def shown(self) -> str:
        """Return the address without a password in it."""
        scheme, separator, place = (self.url or "").rpartition("://")
        return f"{scheme}{separator}{place.rpartition('@')[2]}"


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Client]:
    """Yield a connection that comes back by itself once it was there; raise Away, Permanent."""
    _check(server)
    client = Client()
    try:
        await _connect(client, server)
        yield client
    finally:
        await client.close()


async def ask(
    client: Client, subject: str, question: BaseModel, *, within: float = ANSWER_SECONDS
) -> dict[str, Any]:
    """Return what a service answers on `ask.<service>.<what>`.

    Raises Permanent with the service's own code and words, or Away when it does not answer.
    """
    service = subject.split(".")[1]
    try:
        reply = await client.request(
            subject, question.model_dump_json(exclude_defaults=True).encode(), timeout=within
        )
        answer = json.loads(reply.data)
    except NoRespondersError as error:
        message = f"the {service} does not answer: NATS is up, but nobody hears {subject}; start it"
        raise Away(message) from error
    except (TimeoutError, NatsError) as error:
        message = (
            f"the {service} did not answer {subject} within {within:g} s; look at its log"
            f"{complaint(client)}"
        )
        raise Away(message) from error
    except ValueError as error:
        raise _unreadable(service, subject) from error
    if not isinstance(answer, dict) or "ok" not in answer:
        raise _unreadable(service, subject)
    if not answer["ok"]:
        raise Permanent(str(answer.get("error")), code=str(answer.get("code")))
    return answer


async def _connect(client: Client, server: Server) -> None:
    met = False

    async def troubled(error: Exception) -> None:
        if not met and not client.is_closed:
            raise error  # nats-py would try for ever, and print a traceback each time

    servers, user, password = servers_of(server.url or "")
    try:
        await client.connect(
            servers,
            user=user,
            password=password,
            name="techub-cli",
            user_credentials=str(server.creds) if server.creds else None,
            connect_timeout=CONNECT_SECONDS,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # annotated int, used in a sleep
            ping_interval=10,
            error_cb=troubled,
        )
    except (OSError, TimeoutError, NatsError, ValueError) as error:
        if "authorization" in str(error).lower():
            message = f"NATS at {server.shown} refused us; is NATS_CREDS (or --creds) right?"
            raise Permanent(message, code="nats_refused") from error
        message = f"NATS at {server.shown} does not answer; is NATS_URL (or --server) right?"
        raise Away(message) from error
    met = True


def _check(server: Server) -> None:
    if not server.url:
        message = "NATS_URL is not set; set it or give --server nats://host:4222"
        raise Permanent(message, code="setting_missing")
    if server.creds and not server.creds.is_file():
        message = f"NATS_CREDS (or --creds) names {server.creds}, which is not a file"
        raise Permanent(message, code="setting_malformed")


def _unreadable(service: str, subject: str) -> TecHubError:
    message = f"what the {service} answered to {subject} cannot be read; do the versions match?"
    return Permanent(message, code="unreadable_answer")


__all__ = ("ANSWER_SECONDS", "Server", "ask", "complaint", "connected")
