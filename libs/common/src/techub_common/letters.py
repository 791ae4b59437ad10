"""The dead letters as they lie in the stream DEAD, and which of them are meant."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg, StreamState
from nats.js.errors import NotFoundError

from techub_common.dead import KeptLetter, found
from techub_common.errors import Away, Permanent
from techub_common.events import Event
from techub_common.logins import same_login
from techub_common.nats_address import complaint
from techub_common.streams import DEAD, DEAD_PREFIX

ANY: Final = f"{DEAD_PREFIX}>"
TOGETHER: Final = 50


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with what it tells; `event` is None when nobody can read it, `why` says why."""

    kept: KeptLetter
    event: Event | None
    why: str = ""

    @property
    def number(self) -> int:
        """Return its number."""
        return self.kept.number


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which letters are meant; None does not matter, a run may be named by its first part."""

    consumer: str | None = None
    code: str | None = None
    since: datetime | None = None
    login: str | None = None
    run: str | None = None

    def __contains__(self, letter: Letter) -> bool:
        """Return whether it is one of those meant; an unreadable one is of no run and no login."""
        kept, event = letter.kept, letter.event
        return (
            (self.consumer is None or kept.consumer == self.consumer)
            and (self.code is None or kept.code == self.code)
            and (self.since is None or kept.buried_at >= self.since)
            and (self.login is None or (event is not None and _is(event, self.login)))
            and (
                self.run is None
                or (event is not None and str(event.run_id).startswith(self.run.lower()))
            )
        )


class Letters:
    """The stream DEAD, read one by one without leaving anything behind."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js: JetStreamContext = client.jetstream()

    async def all(self, chosen: Chosen) -> list[Letter]:
        """Return the letters that are meant, the oldest first; raise Away, Permanent."""
        return [letter async for letter in self._each() if letter in chosen]

    async def newest(self, chosen: Chosen, most: int) -> tuple[list[Letter], bool]:
        """Return the newest letters that are meant, and whether there may be older ones.

        Many are asked for together, so that a page of them is there at once.
        """
        state = await self._state()
        found: list[Letter] = []
        last = state.last_seq
        while last >= max(1, state.first_seq) and len(found) <= most and state.messages:
            first = max(1, state.first_seq, last - TOGETHER + 1)
            some = await asyncio.gather(*map(self._if_there, range(last, first - 1, -1)))
            found += [letter for letter in some if letter is not None and letter in chosen]
            last = first - 1
        return found[:most], len(found) > most

    async def numbered(self, numbers: list[int]) -> list[Letter]:
        """Return these letters; raise Permanent `letter_missing`."""
        letters = []
        for number in dict.fromkeys(numbers):
            try:
                letters.append(read(await self._js.get_msg(DEAD, seq=number)))
            except NotFoundError as error:
                message = f"there is no dead letter {number}: techub dead list"
                raise Permanent(message, code="letter_missing") from error
            except (NatsError, TimeoutError) as error:
                raise self._away() from error
        return letters

    async def drop(self, letter: Letter) -> None:
        """Take the letter out of the stream; one that is gone already is no error."""
        try:
            await self._js.delete_msg(DEAD, letter.number)
        except NotFoundError:
            return
        except (NatsError, TimeoutError) as error:
            raise self._away() from error

    async def _each(self) -> AsyncIterator[Letter]:
        number = 0
        last = (await self._state()).last_seq
        while number < last:
            try:
                stored = await self._js.get_msg(DEAD, seq=number + 1, subject=ANY, next=True)
            except NotFoundError:
                return
            except (NatsError, TimeoutError) as error:
                raise self._away() from error
            letter = read(stored)
            number = letter.number
            yield letter

    async def _state(self) -> StreamState:
        try:
            return (await self._js.stream_info(DEAD)).state
        except NotFoundError as error:
            message = f"JetStream has no stream {DEAD}; run `techub_api migrate` first"
            raise Permanent(message, code="stream_missing") from error
        except (NatsError, TimeoutError) as error:
            raise self._away() from error

    async def _if_there(self, number: int) -> Letter | None:
        try:
            return read(await self._js.get_msg(DEAD, seq=number))
        except NotFoundError:
            return None
        except (NatsError, TimeoutError) as error:
            raise self._away() from error

    def _away(self) -> Away:
        message = "NATS answers, but JetStream does not; is it enabled, and may we use it?"
        return Away(f"{message}{complaint(self._client)}")


def read(stored: RawStreamMsg) -> Letter:
    """Return the letter in a message of DEAD; nothing in it can make this fail."""
    if stored.seq is None or stored.time is None:
        message = "JetStream gave a message without a number; do the versions match?"
        raise Permanent(message, code="unreadable_answer")
    headers = _headers(stored)
    kept = found(stored.seq, stored.time, stored.data or b"", stored.subject or "", headers)
    try:
        return Letter(kept, kept.envelope().event)
    except Permanent as error:
        return Letter(kept, None, str(error))


def _headers(stored: RawStreamMsg) -> dict[str, str]:
    """Return the headers; nats-py reads them as a mail's, in which no letter beyond ASCII lives."""
    text = base64.b64decode(stored.hdrs or b"").decode(errors="replace")
    pairs = (line.partition(":") for line in text.split("\r\n")[1:])
    return {name: value.strip() for name, colon, value in pairs if colon}


def _is(event: Event, login: str) -> bool:
    return same_login(event.login, login.removeprefix("@"))
