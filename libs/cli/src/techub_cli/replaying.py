"""Replays dead letters over NATS, as the operators' user: what is meant is decided in common."""

from collections.abc import Iterable

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from techub_cli.connection import ask, complaint
from techub_common import replaying
from techub_common.asks import RETRY_RUN, SHOW_RUN, RetryRequest, StatusRequest
from techub_common.errors import Away, Permanent
from techub_common.letters import Letter, Letters
from techub_common.replaying import Deed, told_past_the_window
from techub_common.streams import EVENTS


async def decide(client: Client, letters: Iterable[Letter]) -> list[Deed]:
    """Return what a replay would do with each letter; the api is asked once about each run."""

    async def status_of(run_id: str) -> str | None:
        try:
            answer = await ask(client, SHOW_RUN, StatusRequest(login_or_run=run_id))
        except Permanent as error:
            if error.code != "run_missing":
                raise
            return None
        return str(answer.get("status"))

    return await replaying.decide(letters, status_of)


async def perform(client: Client, deeds: Iterable[Deed], *, bulk: bool) -> list[Deed]:
    """Do it and return how it went; a letter that did its work leaves the stream.

    A run is retried once for all its letters. Raises Away.
    """
    return await replaying.perform(_OverNats(client), deeds, bulk=bulk)


class _OverNats:
    """Publishes itself, and has the api retry runs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._letters = Letters(client)

    async def retry(self, request: RetryRequest) -> str:
        """Ask the api."""
        return str((await ask(self._client, RETRY_RUN, request))["run_id"])

    async def tell(self, letter: Letter) -> tuple[bool, str]:
        """Publish the event again."""
        kept = letter.kept

        async def publish(tell: int) -> bool:
            ack = await self._client.jetstream().publish(
                kept.subject, kept.body, stream=EVENTS, headers=kept.headers_for(tell)
            )
            return not ack.duplicate

        try:
            return await told_past_the_window(letter, publish)
        except APIError as error:
            return False, f"JetStream refused it: {error.description}"
        except (NatsError, TimeoutError) as error:
            message = f"JetStream did not store {kept.subject}{complaint(self._client)}"
            raise Away(message) from error

    async def drop(self, letter: Letter) -> None:
        """Delete it from the stream."""
        await self._letters.drop(letter)
