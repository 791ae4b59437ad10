"""When operators are told that a check fails or works again: decisions, no input or output."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from techub_common.doctor import ANSWERS, Finding, Report, State, worst

CONFIRMED: Final = 2
"""So many probes in a row have to say so: a service that is just being replaced is no alert."""

Told = Literal["ok", "fail"]
Name = tuple[str, str]
"""A service and a check of it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a check stands as operators know it, and how many probes in a row said otherwise."""

    state: Told = "ok"
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a probe says of one check: the new standing, and whether operators are to be told."""

    standing: Standing
    finding: Finding
    is_news: bool


def worst_of(reports: Iterable[Report]) -> dict[Name, Finding]:
    """Return the worst finding of each check over all replicas of its service."""
    found: dict[Name, Finding] = {}
    for report in reports:
        for finding in report.findings:
            known = found.get((report.service, finding.name))
            if known is None or worst((known.state, finding.state)) is not known.state:
                found[report.service, finding.name] = finding
    return found


def judged(reports: Iterable[Report], known: Mapping[Name, Standing]) -> dict[Name, Judged]:
    """Return what follows for each check that somebody spoke about; the others stand as they did.

    What only works less well counts as working.
    """
    return {
        name: _judged(known.get(name, Standing()), finding)
        for name, finding in worst_of(reports).items()
    }


def _judged(standing: Standing, finding: Finding) -> Judged:
    now: Told = "fail" if finding.state is State.fail else "ok"
    if now == standing.state:
        return Judged(replace(standing, doubts=0), finding, is_news=False)
    doubts = standing.doubts + 1
    if doubts < CONFIRMED:
        return Judged(replace(standing, doubts=doubts), finding, is_news=False)
    return Judged(Standing(now), finding, is_news=True)


def outlived(reports: Iterable[Report], known: Iterable[Name]) -> set[Name]:
    """Return the checks a service does not make any more: it answered, and spoke of others."""
    told = [(report.service, finding.name) for report in reports for finding in report.findings]
    spoke = {service for service, name in told if name != ANSWERS}
    return {name for name in known if name[0] in spoke and name not in told}


def in_doubt(judgements: Mapping[Name, Judged]) -> bool:
    """Return whether the next probe should come soon, since it decides something."""
    return any(one.standing.doubts for one in judgements.values())
