"""Folders of the object store that are not to be again: somebody had their data deleted."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.schema import Base


class Forgotten(Base):
    """A folder (it ends with `/`) or one object whose owner is gone; kept as long as claims are.

    Services that were still at work may store something there once more, and tell it.
    """

    __tablename__ = "forgotten"

    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
