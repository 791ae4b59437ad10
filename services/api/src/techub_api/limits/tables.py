"""How full each bucket is, and what was answered to requests that may come again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.accounts.tables import User
from techub_api.schema import Base


class Bucket(Base):
    """One limit of one person, address or profile; it is empty again at `empty_at`."""

    __tablename__ = "buckets"

    key: Mapped[str] = mapped_column(primary_key=True)
    empty_at: Mapped[datetime] = mapped_column(index=True)


class AnsweredRequest(Base):
    """What a person's request with an `Idempotency-Key` was answered, for a day."""

    __tablename__ = "answered_requests"
    __table_args__ = (CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_fits"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    body: Mapped[str]
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
