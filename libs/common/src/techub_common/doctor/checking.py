"""A check looks at one thing a service depends on; a finding says what was seen and what to do."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict

from techub_common.errors import TecHubError
from techub_common.masking import mask

log = structlog.get_logger()

SECONDS: Final = 5.0
LONGEST_TEXT: Final = 300
ANSWERS: Final = "answers"
"""The finding of who asked: whether the replica answered at all."""

Discreet = Callable[[str], str]

_abandoned: Final[set[asyncio.Task[Any]]] = set()  # asyncio itself holds tasks only weakly


class State(StrEnum):
    """How a thing is, from good to bad: `warn` works, and somebody should know."""

    ok = "ok"
    warn = "warn"
    fail = "fail"


_SEVERITY: Final = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to: in which state, what was seen, and a sentence about what to do."""

    state: State
    text: str
    todo: str = ""


def well(text: str) -> Seen:
    """Return that it is as it should be."""
    return Seen(State.ok, text)


def poor(text: str, todo: str) -> Seen:
    """Return that it works, less well than it should."""
    return Seen(State.warn, text, todo)


def ill(text: str, todo: str) -> Seen:
    """Return that it does not work."""
    return Seen(State.fail, text, todo)


@dataclass(frozen=True, slots=True)
class Check:
    """A look at one thing, within so many seconds.

    `mend` is what to do when the look fails without a word about it; `paid` looks cost money.
    """

    name: str
    look: Callable[[], Coroutine[Any, Any, Seen]]
    mend: str
    seconds: float = SECONDS
    paid: bool = False


def _line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:LONGEST_TEXT]


Line = Annotated[str, AfterValidator(_line)]
"""One line of so many letters that anybody can print and keep, whatever was said."""


class Finding(BaseModel):
    """What came of a check."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Line
    state: State
    duration_ms: int
    seen: Line
    todo: Line = ""


class Report(BaseModel):
    """What one replica of a service found; `replica` is empty where nobody answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: Line
    replica: Line = ""
    version: Line = ""
    findings: tuple[Finding, ...] = ()

    @property
    def state(self) -> State:
        """Return the state of the worst finding."""
        return worst(finding.state for finding in self.findings)


def worst(states: Iterable[State]) -> State:
    """Return the worst of the states; `ok` when there is none."""
    return max(states, key=_SEVERITY.__getitem__, default=State.ok)


async def examine(
    checks: Sequence[Check], *, paid: bool = False, discreet: Discreet = mask
) -> tuple[Finding, ...]:
    """Return a finding for each check, in their order.

    They run side by side, and none is waited for longer than its limit, whatever it does.
    Everything that was seen passes through `discreet`.
    """
    wanted = [check for check in checks if paid or not check.paid]
    return tuple(await asyncio.gather(*(_found(check, discreet) for check in wanted)))


async def _found(check: Check, discreet: Discreet) -> Finding:
    started = time.monotonic()
    looking = asyncio.create_task(check.look())
    try:
        await asyncio.wait({looking}, timeout=check.seconds)
        seen = _seen(check, looking)
    finally:
        _abandon(looking)
    return Finding(
        name=check.name,
        state=seen.state,
        duration_ms=round((time.monotonic() - started) * 1000),
        seen=discreet(seen.text),
        todo=discreet(seen.todo),
    )


def _seen(check: Check, looking: asyncio.Task[Seen]) -> Seen:
    if not looking.done():
        return ill(f"no answer within {check.seconds:g} s", check.mend)
    if looking.cancelled():
        return ill("the look was called off: the service is stopping", check.mend)
    error = looking.exception()
    if error is None:
        return looking.result()
    if isinstance(error, TecHubError):
        return ill(str(error), check.mend)
    if isinstance(error, TimeoutError):
        return ill("no answer in time", check.mend)
    log.error("check_raised", check=check.name, exc_info=error)
    return ill(f"something unforeseen: {type(error).__name__}", check.mend)


def _abandon(looking: asyncio.Task[Seen]) -> None:
    """Call off a look that goes on; it is not waited for, for it may not obey."""
    if not looking.done():
        looking.cancel()
        _abandoned.add(looking)
        looking.add_done_callback(_ended)


def _ended(looking: asyncio.Task[Seen]) -> None:
    _abandoned.discard(looking)
    if not looking.cancelled():
        looking.exception()  # nobody is left to hear of it
