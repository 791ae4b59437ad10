"""Where a run stands."""

from enum import StrEnum


class Status(StrEnum):
    """Where a run stands."""

    queued = "queued"
    running = "running"
    success = "success"
    partial_success = "partial_success"
    failure = "failure"
    canceled = "canceled"

    @property
    def is_open(self) -> bool:
        """Return whether the run may still change."""
        return self in OPEN


OPEN = (Status.queued, Status.running)
