"""An event is a fact in the past tense; its id follows from the run, the type and its key."""

from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A piece of an event: frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """The data of one fact about one run.

    `subject` is the NATS subject without a version; `type` carries the version. `key()` names what
    makes the fact one of its kind within the run, so that whoever tells it gives it the same id.
    """

    subject: ClassVar[str]
    type: ClassVar[str]

    run_id: UUID
    login: str

    def key(self) -> str:
        """Return what distinguishes this fact from others of its type in the same run."""
        return ""

    @property
    def id(self) -> UUID:
        """Return the fact's identity: uuid5(run_id, type, key)."""
        return derived_id(self.run_id, self.type, self.key())


def derived_id(run_id: UUID, event_type: str, key: str = "") -> UUID:
    """Return the id every teller of this fact must use."""
    return uuid5(run_id, f"{event_type}\n{key}")
