"""Asks every replica of every service how it is: first who is there, then what they found."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic import ValidationError

from techub_common.asks import EXAMINE, DoctorRequest
from techub_common.collecting import collect
from techub_common.doctor.checking import ANSWERS, Finding, Report, State
from techub_common.errors import Away

ROLL_SECONDS: Final = 1.0
"""Whoever is there says so at once; so long everybody is given."""

FIRST_SECONDS: Final = 5.0
"""So long the first one is given, where somebody hears the question."""

WITHIN_SECONDS: Final = {"usual": 30.0, "paid": 75.0}
"""Longer than the longest check of each kind."""

NOBODY_TODO: Final = (
    "Start it, or look why it ended: its log says so in one line (`service_ended`)."
)
SILENT_TODO: Final = "Restart this replica: it hears questions and does not come to an end."
FEW_TODO: Final = "Start the missing replicas, or look into the logs why they ended."

Depth = Literal["usual", "paid"]


async def ask_everybody(
    client: Client,
    services: Iterable[str] = tuple(EXAMINE),
    *,
    depth: Depth = "usual",
    expected: Mapping[str, int] | None = None,
    within: float | None = None,
) -> tuple[Report, ...]:
    """Return what every replica of these services found, all asked side by side; raise Away.

    Each report begins with whether and how soon the replica answered. A service that nobody speaks
    for, or fewer replicas than `expected`, has a report of its own that says so. Findings are
    waited for as long as the longest check may take, or `within` seconds.
    """
    if not client.is_connected:
        message = "NATS is not connected"
        raise Away(message)
    few, limit = expected or {}, within or WITHIN_SECONDS[depth]
    try:
        asked = await asyncio.gather(
            *(_one(client, service, depth, few.get(service), limit) for service in services)
        )
    except NatsError as error:
        message = f"NATS does not answer: {type(error).__name__}"
        raise Away(message) from error
    return tuple(report for reports in asked for report in reports)


async def _one(
    client: Client, service: str, depth: Depth, expected: int | None, within: float
) -> list[Report]:
    present = _Present(service, expected)
    await collect(
        client,
        EXAMINE[service],
        DoctorRequest(depth="present").model_dump_json().encode(),
        present.take,
        first=FIRST_SECONDS,
        then=ROLL_SECONDS,
    )
    if not present.replicas:
        return [_nobody(service)]
    found = _Found(service, set(present.replicas))
    await collect(
        client,
        EXAMINE[service],
        DoctorRequest(depth=depth).model_dump_json().encode(),
        found.take,
        first=within,
        then=within,
    )
    reports = [found.reports[name] for name in sorted(found.reports)]
    missing = sorted(present.replicas.keys() - found.reports.keys())
    reports += [_silent(present.replicas[name], within) for name in missing]
    if expected is not None and len(reports) < expected:
        reports.append(_few(service, len(reports), expected))
    return reports


class _Present:
    """Who said that they are there."""

    def __init__(self, service: str, expected: int | None) -> None:
        self.replicas: dict[str, Report] = {}
        self._service = service
        self._expected = expected

    def take(self, body: bytes) -> bool:
        """Take an answer; True when nobody else is expected."""
        if report := _read(body, self._service):
            self.replicas[report.replica] = report
        return len(self.replicas) == self._expected


class _Found:
    """What replicas found, with how long it took them; who was late to the roll call counts too."""

    def __init__(self, service: str, awaited: set[str]) -> None:
        self.reports: dict[str, Report] = {}
        self._service = service
        self._awaited = awaited
        self._started = time.monotonic()

    def take(self, body: bytes) -> bool:
        """Take a report; True when everybody has answered."""
        if report := _read(body, self._service):
            took = round((time.monotonic() - self._started) * 1000)
            answered = _answers(State.ok, took, "everything was looked at")
            findings = (answered, *report.findings)
            self.reports[report.replica] = report.model_copy(update={"findings": findings})
        return self._awaited <= self.reports.keys()


def _read(body: bytes, service: str) -> Report | None:
    """Return the report of an answer; None for one that cannot be read, or is no replica's."""
    try:
        report = Report.model_validate(json.loads(body))
    except (ValueError, ValidationError):
        return None
    return report if report.service == service and report.replica else None


def _answers(state: State, took: int, seen: str, todo: str = "") -> Finding:
    return Finding(name=ANSWERS, state=state, duration_ms=took, seen=seen, todo=todo)


def _nobody(service: str) -> Report:
    finding = _answers(State.fail, 0, "nobody answered", NOBODY_TODO)
    return Report(service=service, findings=(finding,))


def _silent(here: Report, within: float) -> Report:
    seen = f"it is there, and did not say what it found within {within:g} s"
    finding = _answers(State.fail, round(within * 1000), seen, SILENT_TODO)
    return here.model_copy(update={"findings": (finding,)})


def _few(service: str, answered: int, expected: int) -> Report:
    seen = f"{answered} of {expected} replicas answered"
    return Report(service=service, findings=(_answers(State.fail, 0, seen, FEW_TODO),))
