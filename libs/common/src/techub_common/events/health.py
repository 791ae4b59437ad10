"""What the gateway tells about the system's own health: no person and no profile is meant."""

from datetime import datetime
from typing import ClassVar, Literal

from techub_common.events.base import Event, Part


class HealthChange(Part):
    """A check that began to fail, or that works again; `since` is when the state before began.

    `seen` and `todo` are the finding's own words, without secrets; both may be empty once it works.
    """

    service: str
    check: str
    state: Literal["ok", "fail"]
    seen: str = ""
    todo: str = ""
    since: datetime | None = None


class HealthChanged(Event):
    """A probe confirmed that something fails now, or works again: all changes of it together.

    `run_id` is derived from the probe, `login` is a dash. `failing` counts all checks that fail
    now; `changes` names forty at most, `more` how many it leaves out.
    """

    subject: ClassVar[str] = "health.changed"
    type: ClassVar[str] = "techub.health.changed.v1"

    probe: int
    changes: tuple[HealthChange, ...]
    failing: int = 0
    more: int = 0

    def key(self) -> str:
        """Return the probe."""
        return str(self.probe)
