"""What a dead letter can still do, and doing it: told again, or a retry of its step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from techub_cli.connection import ask, complaint
from techub_cli.letters import Letter, Letters
from techub_common import events
from techub_common.asks import RETRY_RUN, SHOW_RUN, RetryRequest, StatusRequest
from techub_common.errors import Away, Permanent
from techub_common.events import Event
from techub_common.streams import EVENTS

AFTER_THE_END: Final = (events.Ended, events.NotificationRecorded, events.StageRecorded)
OF_NO_RUN: Final = (events.AddressChanged, events.MailReported)
OPEN: Final = ("queued", "running")
MOST_TELLS: Final = 100


class Action(StrEnum):
    """What becomes of a letter."""

    tell = "tell again"
    retry = "retry"
    nothing = "nothing"


@dataclass(frozen=True, slots=True)
class Deed:
    """A letter, what is to be done with it, and how that went."""

    letter: Letter
    action: Action
    note: str
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as a program reads it."""
        return {
            "number": self.letter.number,
            "action": self.action.name,
            "note": self.note,
            "done": self.done,
        }


async def decide(client: Client, letters: Iterable[Letter]) -> list[Deed]:
    """Return what a replay would do with each letter; the api is asked once about each run."""
    statuses: dict[str, str | None] = {}
    deeds = []
    for letter in letters:
        if letter.event is None:
            note = f"nobody can read it: {letter.why}{_only_to_drop(letter)}"
            deeds.append(Deed(letter, Action.nothing, note))
            continue
        if isinstance(letter.event, OF_NO_RUN):
            deeds.append(Deed(letter, Action.tell, f"{letter.event.subject} belongs to no run"))
            continue
        run_id = str(letter.event.run_id)
        if run_id not in statuses:
            statuses[run_id] = await _status(client, run_id)
        deeds.append(_decided(letter, letter.event, statuses[run_id]))
    return deeds


async def perform(client: Client, deeds: list[Deed], *, bulk: bool) -> list[Deed]:
    """Do it and return how it went; a letter that did its work leaves the stream.

    A run is retried once for all its letters. Raises Away.
    """
    letters = Letters(client)
    retried = await _retried(client, deeds, bulk=bulk)
    results = []
    for deed in deeds:
        match deed.action:
            case Action.tell:
                result = await _told(client, deed)
            case Action.retry:
                result = replace(deed, **retried[_run_of(deed)])
            case Action.nothing:
                result = deed
        if result.done:
            await letters.drop(deed.letter)
        results.append(result)
    return results


def steps_of(event: Event) -> tuple[str, ...]:
    """Return the step of the ledger that this event was to bring about."""
    match event:
        case events.CaptureRequested():
            return (f"capture:{event.variant}",)
        case events.AssetCaptured() | events.AssetRecorded():
            return (f"optimize:{event.kind}",)
        case events.AssetFailed():
            return (f"{event.stage}:{event.kind}",)
        case _:
            return ()


def _decided(letter: Letter, event: Event, status: str | None) -> Deed:
    if status is None:
        note = f"there is no run {event.run_id}{_only_to_drop(letter)}"
        return Deed(letter, Action.nothing, note)
    if status in OPEN or isinstance(event, AFTER_THE_END):
        return Deed(letter, Action.tell, f"{event.subject} of a run that is {status}")
    what = ", ".join(steps_of(event)) or "what failed"
    return Deed(letter, Action.retry, f"the run is over ({status}): a new one repeats {what}")


async def _status(client: Client, run_id: str) -> str | None:
    try:
        answer = await ask(client, SHOW_RUN, StatusRequest(login_or_run=run_id))
    except Permanent as error:
        if error.code != "run_missing":
            raise
        return None
    return str(answer.get("status"))


async def _retried(
    client: Client, deeds: Iterable[Deed], *, bulk: bool
) -> Mapping[str, dict[str, Any]]:
    steps: dict[str, set[str]] = {}
    whole: set[str] = set()
    for deed in deeds:
        if deed.action is Action.retry and deed.letter.event:
            named = steps_of(deed.letter.event)
            steps.setdefault(_run_of(deed), set()).update(named)
            whole |= set() if named else {_run_of(deed)}
    outcomes = {}
    for run_id, names in steps.items():
        wanted = () if run_id in whole else tuple(sorted(names))
        request = RetryRequest(login_or_run=run_id, steps=wanted, bulk=bulk)
        try:
            answer = await ask(client, RETRY_RUN, request)
        except Permanent as error:
            outcomes[run_id] = {"done": False, "note": str(error)}
        else:
            outcomes[run_id] = {"done": True, "note": f"repeated by the run {answer['run_id']}"}
    return outcomes


async def _told(client: Client, deed: Deed) -> Deed:
    """Tell the event again: the original bytes, past the dedupe window of every hop."""
    kept = deed.letter.kept
    first = kept.envelope().tell + 1
    for tell in range(first, first + MOST_TELLS):
        try:
            ack = await client.jetstream().publish(
                kept.subject, kept.body, stream=EVENTS, headers=kept.headers_for(tell)
            )
        except APIError as error:
            return replace(deed, note=f"JetStream refused it: {error.description}")
        except (NatsError, TimeoutError) as error:
            message = f"JetStream did not store {kept.subject}{complaint(client)}"
            raise Away(message) from error
        if not ack.duplicate:  # the sweep may have used this tell already
            return replace(deed, done=True, note=f"told again as {kept.subject}, tell {tell}")
    return replace(deed, note="it has been told again many times within the hour")


def _only_to_drop(letter: Letter) -> str:
    return f"; techub dead drop {letter.number} --yes takes it off the list"


def _run_of(deed: Deed) -> str:
    return str(deed.letter.event.run_id) if deed.letter.event else ""
