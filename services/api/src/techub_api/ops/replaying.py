"""Replays dead letters in the api's own name: as `techub dead` does, with the means there are here.

What the ledger gave up is given to the ledger again, within this process; the rest is published. A
consumer with a database knows an event by its id, so nothing is done twice and nobody mailed twice.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from techub_api.ops.tables import Action
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_api.submissions.retrying import retry
from techub_common.asks import RetryRequest
from techub_common.database import transaction
from techub_common.envelope import handling
from techub_common.errors import Permanent
from techub_common.events import Trigger
from techub_common.letters import Letter, Letters
from techub_common.replaying import Deed, decide, perform, told_past_the_window
from techub_common.streams import EVENTS, LEDGER

REPLAY: Final = "replay"
DROP: Final = "drop"


def letters_of(resources: Resources) -> Letters:
    """Return the dead letters, read over the api's connection."""
    return Letters(resources.tell.connection)


async def what_would_be(resources: Resources, letters: Sequence[Letter]) -> list[Deed]:
    """Return what a replay would do with each letter."""

    async def status_of(run_id: str) -> str | None:
        async with transaction(resources.sessions) as session:
            status: str | None = await session.scalar(
                select(Run.status).where(Run.id == UUID(run_id))
            )
        return status

    return await decide(letters, status_of)


async def replay(resources: Resources, action: Action) -> str:
    """Replay or drop the letters of a confirmed action and return how it went; raise Away.

    One that is gone already was replayed or dropped before.
    """
    letters = []
    gone = 0
    for number in action.asked.get("letters", []):
        try:
            letters += await letters_of(resources).numbered([int(number)])
        except Permanent as error:
            if error.code != "letter_missing":
                raise
            gone += 1
    if action.kind == DROP:
        for letter in letters:
            await letters_of(resources).drop(letter)
        return f"{len(letters)} dropped" + (f", {gone} gone before" if gone else "")
    deeds = await what_would_be(resources, letters)
    done = await perform(_Here(resources), deeds, bulk=len(deeds) > 1)
    undone = [deed for deed in done if not deed.done]
    said = [f"{len(done) - len(undone)} replayed"]
    said += [f"{gone} gone before"] if gone else []
    said += [f"letter {deed.letter.number} not: {deed.note}" for deed in undone[:20]]
    return "; ".join(said)


class _Here:
    """What the api can do by itself."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def retry(self, request: RetryRequest) -> str:
        """Start the retry."""
        return str((await retry(self._resources, request, trigger=Trigger.ops)).run_id)

    async def tell(self, letter: Letter) -> tuple[bool, str]:
        """Give the event to the ledger when it was the ledger's, else publish it."""
        kept = letter.kept
        if kept.consumer == LEDGER.name:
            envelope = kept.envelope()
            try:
                with handling(envelope):
                    await keep_ledger(envelope.event, self._resources)
            except Permanent as error:
                return False, str(error)
            return True, f"{kept.subject} was given to the ledger"

        async def publish(tell: int) -> bool:
            ack = await self._resources.tell.publish(
                kept.body, kept.subject, EVENTS, kept.headers_for(tell)
            )
            return not ack.duplicate

        try:
            return await told_past_the_window(letter, publish)
        except Permanent as error:
            return False, str(error)

    async def drop(self, letter: Letter) -> None:
        """Delete it from the stream."""
        await letters_of(self._resources).drop(letter)
