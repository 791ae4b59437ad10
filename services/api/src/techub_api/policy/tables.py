"""What was switched at run time; one row, and a column that is null is as in the settings."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.schema import Base


class Switches(Base):
    """The one row of switches; `daily_tokens` is what models may take a day, 0 without a limit."""

    __tablename__ = "switches"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("eligibility_threshold BETWEEN 0 AND 5", name="threshold_reachable"),
        CheckConstraint("daily_tokens >= 0", name="tokens_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default=text("1"))
    ai_text: Mapped[bool | None]
    artwork: Mapped[bool | None]
    descriptions: Mapped[bool | None]
    require_eligibility: Mapped[bool | None]
    eligibility_threshold: Mapped[int | None]
    daily_tokens: Mapped[int | None] = mapped_column(BigInteger)
    switched_by: Mapped[str]
    switched_at: Mapped[datetime] = mapped_column(server_default=func.now())
