"""What the notifier tells, and what the gateway hears from the mail provider."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from techub_common.events.base import Event

Reported = Literal["delivered", "delayed", "bounced", "complained", "failed", "suppressed"]
"""What became of an accepted mail, as the provider says."""


class NotificationRecorded(Event):
    """Everybody to be told of the run's end has been told, skipped, refused or parked."""

    subject: ClassVar[str] = "notification.recorded"
    type: ClassVar[str] = "techub.notification.recorded.v1"

    event: Literal["completed", "partial", "failed"]
    counts: dict[
        Literal["delivered", "told_before", "skipped", "refused", "parked", "digested"], int
    ]

    def key(self) -> str:
        """Return the run event."""
        return self.event


class MailReported(Event):
    """The provider said what became of a mail; `run_id` is derived from the provider's mail id.

    `delivery_id` comes from the mail's own tag, so that a report can be placed before the answer to
    the send has been kept. `hard` says that no mail will ever reach this address.
    """

    subject: ClassVar[str] = "mail.reported"
    type: ClassVar[str] = "techub.mail.reported.v1"

    report_id: str = Field(min_length=1, max_length=256)
    provider_id: str = Field(min_length=1, max_length=256)
    delivery_id: UUID | None = None
    reported: Reported
    hard: bool = False
    reason: str = Field(default="", max_length=500)

    def key(self) -> str:
        """Return the provider's id of the report."""
        return self.report_id
