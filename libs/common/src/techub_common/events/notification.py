"""What the notifier tells."""

from typing import ClassVar, Literal

from techub_common.events.base import Event


class NotificationRecorded(Event):
    """Everybody to be told of the run's end has been told, skipped, refused or parked."""

    subject: ClassVar[str] = "notification.recorded"
    type: ClassVar[str] = "techub.notification.recorded.v1"

    event: Literal["completed", "partial", "failed"]
    counts: dict[Literal["delivered", "told_before", "skipped", "refused", "parked"], int]

    def key(self) -> str:
        """Return the run event."""
        return self.event
