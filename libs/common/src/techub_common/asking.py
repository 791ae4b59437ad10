"""Questions of one service to another: core request and reply, answered or not within a time."""

import json
from typing import Any, Final, Protocol

from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic import BaseModel

from techub_common.errors import Away, Permanent

ANSWER_SECONDS: Final = 10.0


class Ask(Protocol):
    """Something that asks and returns the answer."""

    async def __call__(
        self, subject: str, question: BaseModel, *, within: float = ANSWER_SECONDS
    ) -> dict[str, Any]:
        """Return the answer; raise Permanent or Away."""
        ...


class Asker:
    """Asks over the service's own connection."""

    def __init__(self, broker: NatsBroker) -> None:
        self._broker = broker

    async def __call__(
        self, subject: str, question: BaseModel, *, within: float = ANSWER_SECONDS
    ) -> dict[str, Any]:
        """Return what a service answers on `ask.<service>.<what>`.

        Raises Permanent with the service's own code and words, or Away when nobody answers.
        """
        client: Client = self._broker.config.connection_state.connection
        service = subject.split(".")[1]
        try:
            reply = await client.request(
                subject, question.model_dump_json(exclude_defaults=True).encode(), timeout=within
            )
            answer = json.loads(reply.data)
        except (NatsError, TimeoutError, OSError) as error:
            message = f"the {service} does not answer"
            raise Away(message) from error
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "ok" not in answer:
            message = f"what the {service} answered cannot be read"
            raise Permanent(message, code="unreadable_answer")
        if not answer["ok"]:
            raise Permanent(str(answer.get("error")), code=str(answer.get("code")))
        return answer
