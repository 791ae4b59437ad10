"""A run's steps as chapters of a story, with the steps still to come while it goes on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from techub_api.pages.frames import Frame, frames
from techub_api.runs.queries import RunShown, StepShown
from techub_api.runs.sentences import title_of
from techub_api.runs.status import Status
from techub_common.events import ARTWORKS

STATES: Final[Mapping[str, str]] = {
    "ahead": "to come",
    "waiting": "waiting",
    "started": "working",
    "retrying": "trying again",
    "completed": "done",
    "degraded": "done, with a loss",
    "skipped": "left out",
    "failed": "failed",
}

MEANINGS: Final[Mapping[str, str]] = {
    "pull_github_data": "What we knew from before stands in for it.",
    "download_github_avatar": "The card shows initials in its place.",
    "optimize:avatar": "The card shows initials in its place.",
    "evaluate_eligibility": "The profile got the benefit of the doubt.",
    "ingest_submitted_repositories": "The card was written without them.",
    "record_submitted_scrape": "The card was written without it.",
    "generate_ai_profile": "Our own rules took the pen: it is a whole card all the same.",
    "capture": "This one is missing; the others are whole.",
    "optimize": "It is out as it was taken: the same picture in a larger file.",
}
"""What a loss means for the card, in plain words, by step or by kind of step."""

READING: Final = ("pull_github_data", "download_github_avatar", "evaluate_eligibility")
INPUTS: Final = ("describe_avatar", "ingest_submitted_repositories", "record_submitted_scrape")
WRITING: Final = ("generate_ai_profile",)
TELLING: Final = ("notify",)
KINDS: Final = ("capture", "optimize")


SETTLED: Final = frozenset({"completed", "degraded", "skipped", "failed"})
SMOOTH: Final = frozenset({"completed", "skipped"})


@dataclass(frozen=True, slots=True)
class Row:
    """One step as a line of the timeline; times in milliseconds."""

    name: str
    title: str
    state: str
    said: str
    waited: int | None = None
    ran: int | None = None
    attempts: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Something a run lost: at which step, why, and what it means for the card."""

    title: str
    reason: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps that belong together."""

    name: str
    title: str
    rows: tuple[Row, ...]

    @property
    def done(self) -> int:
        """Return how many of the steps are over, whatever came of them."""
        return sum(row.state in SETTLED for row in self.rows)

    @property
    def is_smooth(self) -> bool:
        """Return whether nothing in it is worth a look: all is done, at the first try."""
        return all(row.state in SMOOTH and row.attempts <= 1 for row in self.rows)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one picture on a run's page."""

    variant: str
    frame: Frame | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of life a profile shows or lacks, and what would help."""

    name: str
    met: bool
    detail: str
    advice: str | None


def chapters(run: RunShown, variants: Sequence[str]) -> list[Chapter]:
    """Return the story so far, and what is still to come while the run is open."""
    lost = {str(part.get("stage")): str(part.get("reason")) for part in run.degradations}
    rows = {step.name: _row(step, lost.get(step.name)) for step in run.steps}
    ahead = tuple(_ahead(variants)) if Status(run.status).is_open else ()
    named = [*rows, *(name for name in ahead if name not in rows)]
    told: dict[str, list[Row]] = {chapter: [] for chapter in TITLES}
    for name in sorted(named, key=lambda name: _place(name, variants)):
        told[_chapter_of(name)].append(rows.get(name) or _to_come(name))
    return [Chapter(name, TITLES[name], tuple(rows)) for name, rows in told.items() if rows]


def losses(run: RunShown) -> list[Loss]:
    """Return what the run lost, in plain words."""
    return [
        Loss(title_of(stage), reason, _meaning_of(stage))
        for stage, reason in (
            (str(part.get("stage", "")), str(part.get("reason", ""))) for part in run.degradations
        )
    ]


def slots(run: RunShown, variants: Sequence[str]) -> list[Slot]:
    """Return a place for every picture, with what is known of it; empty ones go when it ends."""
    framed = frames(run.pictures)
    states = {step.name: step.status for step in run.steps}
    names = dict.fromkeys([*variants, *framed])
    told = [
        Slot(name, framed.get(name), "failed" in {states.get(f"{kind}:{name}") for kind in KINDS})
        for name in names
    ]
    goes_on = Status(run.status).is_open
    return [slot for slot in told if slot.frame or slot.failed or goes_on]


def signs(detail: Mapping[str, Any]) -> list[Sign]:
    """Return the signs of life an eligibility check missed, then those it found."""
    found = detail.get("signals")
    if not isinstance(found, Mapping):
        return []
    told = [
        Sign(
            name=str(name).replace("_", " ").capitalize(),
            met=bool(sign.get("met")),
            detail=str(sign.get("detail") or ""),
            advice=sign.get("advice"),
        )
        for name, sign in found.items()
        if isinstance(sign, Mapping)
    ]
    return sorted(told, key=lambda sign: sign.met)


TITLES: Final[Mapping[str, str]] = {
    "reading": "Getting to know you",
    "writing": "Finding the character",
    "drawing": "Printing",
    "telling": "Spreading the word",
}


def _chapter_of(name: str) -> str:
    kind, _, what = name.partition(":")
    if name in (*READING, *INPUTS) or what == "avatar":
        return "reading"
    if kind in KINDS or name.startswith("draw_"):
        return "drawing"
    return "telling" if name in TELLING else "writing"


def _place(name: str, variants: Sequence[str]) -> tuple[int, int]:
    kind, _, what = name.partition(":")
    if name in READING:
        return 2 * READING.index(name), 0
    if name in INPUTS:
        return 2 * (len(READING) + INPUTS.index(name)), 0
    if what == "avatar":
        return 2 * READING.index("download_github_avatar") + 1, 0
    order = variants.index(what) if what in variants else len(variants)
    return 2 * order, int(kind == "optimize")


def _ahead(variants: Iterable[str]) -> Iterator[str]:
    yield from READING
    yield from WRITING
    for variant in variants:
        yield f"capture:{variant}"
        yield f"optimize:{variant}"
    yield from TELLING


def _meaning_of(stage: str) -> str:
    if stage.startswith("draw_") or stage.partition(":")[2] in ARTWORKS:
        return "The card is whole without it."
    return MEANINGS.get(stage) or MEANINGS.get(stage.partition(":")[0], "")


def _to_come(name: str) -> Row:
    return Row(name, title_of(name), "ahead", STATES["ahead"])


def _row(step: StepShown, loss: str | None) -> Row:
    return Row(
        name=step.name,
        title=title_of(step.name),
        state=step.status,
        said=STATES.get(step.status, step.status),
        waited=step.queue_ms,
        ran=step.duration_ms,
        attempts=step.attempts,
        note=loss if step.status == "degraded" else step.sentence,
    )
