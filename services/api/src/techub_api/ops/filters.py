"""Which runs an operator means: what stands in the address, and the same as conditions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, exists, func

from techub_api.runs.rules import GENERATOR_STAGES
from techub_api.runs.status import Status
from techub_api.runs.tables import Run, Step
from techub_cards.variants import VARIANTS
from techub_common.errors import Permanent
from techub_common.events import Trigger
from techub_common.since import moment

SMOOTH: Final = ("completed", "skipped")
STATUSES: Final = tuple(str(status) for status in Status)
TRIGGERS: Final = tuple(str(trigger) for trigger in Trigger)
WINDOWS: Final[Mapping[str, str]] = {
    "15m": "15 minutes",
    "1h": "an hour",
    "6h": "6 hours",
    "1d": "a day",
    "7d": "a week",
    "30d": "30 days",
}
STEPS: Final = (
    *GENERATOR_STAGES,
    *(f"{kind}:{variant}" for kind in ("capture", "optimize") for variant in VARIANTS),
    "notify",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are meant; what is empty does not matter.

    `login` may be the beginning of one. `stage` names a step that failed, lost something or is
    under way. `since` and `until` are as `techub` takes them: 2h, or an ISO time.
    """

    status: tuple[str, ...] = ()
    login: str = ""
    stage: str = ""
    trigger: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """Return it as it stands in an address."""
        return urlencode([pair for pair in _pairs(self) if pair[1]])

    @property
    def is_empty(self) -> bool:
        """Return whether every run is meant."""
        return self == Filter()

    def with_status(self, status: str) -> "Filter":
        """Return the filter with this status added, or taken away when it is in."""
        chosen = {*self.status} ^ {status}
        return replace(self, status=tuple(name for name in STATUSES if name in chosen))

    def as_json(self) -> dict[str, Any]:
        """Return what is filled in, to be kept."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return kept | ({"status": list(self.status)} if self.status else {})

    def conditions(self, now: datetime, *, any_status: bool = False) -> list[ColumnElement[bool]]:
        """Return what holds of the runs that are meant; raise Permanent `filter_refused`."""
        wanted: list[ColumnElement[bool]] = []
        if self.status and not any_status:
            wanted.append(Run.status.in_(self.status))
        if self.login:
            begun = self.login.strip().removeprefix("@").lower()
            wanted.append(func.lower(Run.login).startswith(begun, autoescape=True))
        if self.stage:
            wanted.append(
                exists().where(
                    Step.run_id == Run.id, Step.name == self.stage, Step.status.not_in(SMOOTH)
                )
            )
        if self.trigger:
            wanted.append(Run.trigger == self.trigger)
        if self.since:
            wanted.append(Run.created_at >= _moment(self.since, now))
        if self.until:
            wanted.append(Run.created_at < _moment(self.until, now))
        return wanted


def filter_of(given: Mapping[str, Any]) -> Filter:
    """Return the filter in an address or in what was kept; raise Permanent `filter_refused`."""
    chosen = Filter(
        status=tuple(name for name in STATUSES if name in given.get("status", ())),
        **{
            one.name: str(given.get(one.name) or "").strip()[:100]
            for one in fields(Filter)
            if one.name != "status"
        },
    )
    if chosen.trigger and chosen.trigger not in TRIGGERS:
        message = f"there is no trigger {chosen.trigger!r}; there are {', '.join(TRIGGERS)}"
        raise Permanent(message, code="filter_refused")
    chosen.conditions(datetime.now(UTC))  # so that a time nobody can read is refused here
    return chosen


def asked(request: Request) -> Filter:
    """Return the filter in the address."""
    given = request.query_params
    return filter_of({**dict(given), "status": given.getlist("status")})


Asked = Annotated[Filter, Depends(asked)]


def _moment(text: str, now: datetime) -> datetime:
    try:
        return moment(text, now)
    except ValueError as error:
        raise Permanent(str(error), code="filter_refused") from error


def _pairs(chosen: Filter) -> list[tuple[str, str]]:
    rest = [one.name for one in fields(Filter) if one.name != "status"]
    pairs = [("status", status) for status in chosen.status]
    return pairs + [(name, str(getattr(chosen, name))) for name in rest]
