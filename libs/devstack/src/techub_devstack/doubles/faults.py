"""What a double can be told to do wrong, and the account it keeps of what it was asked."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

REMEMBERED_REQUESTS = 10_000
REMEMBERED_BODY = 16_384


class Match(BaseModel):
    """Which requests a fault is for; what is not given matches everything.

    A login matches wherever it stands as a word: in the path, the query or the body; a token, in
    the authorization header.
    """

    model_config = ConfigDict(extra="forbid")

    path_contains: str | None = None
    login: str | None = None
    method: str | None = None
    token: str | None = None

    def fits(self, asked: "Asked") -> bool:
        """Return whether the request is meant."""
        return (
            (self.path_contains is None or self.path_contains in asked.path)
            and (self.method is None or self.method.upper() == asked.method)
            and (self.login is None or asked.mentions(self.login))
            and (self.token is None or self.token in asked.authorization)
        )


class Fault(BaseModel):
    """One way to fail: late, with an answer of its own, or by hanging up."""

    model_config = ConfigDict(extra="forbid")

    match: Match = Match()
    times: int | None = Field(default=None, description="how often; null is for ever")
    status: int | None = None
    headers: dict[str, str] = {}
    body: Any = None
    delay_seconds: float = 0.0
    hang_up: bool = False
    after: bool = Field(
        default=False, description="do what was asked first: the work is done, the answer is lost"
    )


@dataclass(slots=True)
class Asked:
    """A request as it came in, and how it was answered."""

    method: str
    path: str
    query: str
    body: str
    authorization: str = ""
    status: int | None = None

    def mentions(self, login: str) -> bool:
        """Return whether the login stands in it as a word of its own."""
        word = re.compile(rf"(?<![\w-]){re.escape(login)}(?![\w-])", re.IGNORECASE)
        return any(word.search(part) for part in (self.path, self.query, self.body))


@dataclass(slots=True)
class Control:
    """The faults in force and the requests seen, oldest first."""

    faults: list[Fault] = field(default_factory=list)
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=REMEMBERED_REQUESTS))

    def due(self, asked: Asked) -> Fault | None:
        """Return the first fault for this request, used up by one."""
        for fault in self.faults:
            if fault.match.fits(asked):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                return fault
        return None

    def seen(self, match: Match) -> list[Asked]:
        """Return the requests that fit."""
        return [asked for asked in self.asked if match.fits(asked)]

    def counts(self, match: Match) -> Counter[str]:
        """Return how often each method and path was asked for."""
        return Counter(f"{asked.method} {asked.path}" for asked in self.seen(match))

    def reset(self) -> None:
        """Forget every fault and every request."""
        self.faults.clear()
        self.asked.clear()
