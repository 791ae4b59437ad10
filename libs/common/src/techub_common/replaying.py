"""What a dead letter can still do, and doing it: told again, or a retry of its step."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Protocol

from techub_common import events
from techub_common.asks import RetryRequest
from techub_common.errors import Permanent
from techub_common.events import Event
from techub_common.letters import Letter

AFTER_THE_END: Final = (events.Ended, events.NotificationRecorded, events.StageRecorded)
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


StatusOf = Callable[[str], Awaitable[str | None]]
"""Returns how a run stands, None when there is none of that id."""


class Hands(Protocol):
    """What replaying needs done, by whoever has the means."""

    async def retry(self, request: RetryRequest) -> str:
        """Start a run that repeats a part of one that is over; return its id, raise Permanent."""
        ...

    async def tell(self, letter: Letter) -> tuple[bool, str]:
        """Have the letter's event heard again; return whether it will be, in words; raise Away."""
        ...

    async def drop(self, letter: Letter) -> None:
        """Take the letter out of the stream; one that is gone already is no error."""
        ...


async def decide(letters: Iterable[Letter], status_of: StatusOf) -> list[Deed]:
    """Return what a replay would do with each letter; each run is looked at once."""
    statuses: dict[str, str | None] = {}
    deeds = []
    for letter in letters:
        if letter.event is None:
            note = f"nobody can read it: {letter.why}{_only_to_drop(letter)}"
            deeds.append(Deed(letter, Action.nothing, note))
            continue
        if isinstance(letter.event, events.OF_NO_RUN):
            deeds.append(Deed(letter, Action.tell, f"{letter.event.subject} belongs to no run"))
            continue
        run_id = str(letter.event.run_id)
        if run_id not in statuses:
            statuses[run_id] = await status_of(run_id)
        deeds.append(_decided(letter, letter.event, statuses[run_id]))
    return deeds


async def perform(hands: Hands, deeds: Iterable[Deed], *, bulk: bool) -> list[Deed]:
    """Do it and return how it went; a letter that did its work leaves the stream.

    A run is retried once for all its letters. Raises Away.
    """
    deeds = list(deeds)
    retried = await _retried(hands, deeds, bulk=bulk)
    results = []
    for deed in deeds:
        match deed.action:
            case Action.tell:
                done, note = await hands.tell(deed.letter)
                result = replace(deed, done=done, note=note)
            case Action.retry:
                result = replace(deed, **retried[_run_of(deed)])
            case Action.nothing:
                result = deed
        if result.done:
            await hands.drop(deed.letter)
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


async def told_past_the_window(
    letter: Letter, publish: Callable[[int], Awaitable[bool]]
) -> tuple[bool, str]:
    """Tell the original bytes again, past the dedupe window of every hop.

    `publish` is given a tell and returns whether it was new to the stream.
    """
    kept = letter.kept
    first = kept.envelope().tell + 1
    for tell in range(first, first + MOST_TELLS):
        if await publish(tell):  # the sweep may have used this tell already
            return True, f"told again as {kept.subject}, tell {tell}"
    return False, "it has been told again many times within the hour"


def _decided(letter: Letter, event: Event, status: str | None) -> Deed:
    if status is None:
        note = f"there is no run {event.run_id}{_only_to_drop(letter)}"
        return Deed(letter, Action.nothing, note)
    if status in OPEN or isinstance(event, AFTER_THE_END):
        return Deed(letter, Action.tell, f"{event.subject} of a run that is {status}")
    what = ", ".join(steps_of(event)) or "what failed"
    return Deed(letter, Action.retry, f"the run is over ({status}): a new one repeats {what}")


async def _retried(
    hands: Hands, deeds: Iterable[Deed], *, bulk: bool
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
        try:
            made = await hands.retry(RetryRequest(login_or_run=run_id, steps=wanted, bulk=bulk))
        except Permanent as error:
            outcomes[run_id] = {"done": False, "note": str(error)}
        else:
            outcomes[run_id] = {"done": True, "note": f"repeated by the run {made}"}
    return outcomes


def _only_to_drop(letter: Letter) -> str:
    return f"; techub dead drop {letter.number} --yes takes it off the list"


def _run_of(deed: Deed) -> str:
    return str(deed.letter.event.run_id) if deed.letter.event else ""
