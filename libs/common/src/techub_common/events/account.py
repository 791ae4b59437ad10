"""What the gateway tells about people: no address and no token, only who and which change."""

from typing import ClassVar
from uuid import UUID

from techub_common.events.base import Event


class AddressChanged(Event):
    """Somebody gave an address that has to be confirmed, or is gone with all their data.

    `run_id` is the id of the change.
    """

    subject: ClassVar[str] = "address.changed"
    type: ClassVar[str] = "techub.address.changed.v1"

    user_id: UUID
    gone: bool = False
