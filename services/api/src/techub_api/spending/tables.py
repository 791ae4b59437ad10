"""What models took, summed per day, and the days whose budget was used up."""

from datetime import date, datetime

from sqlalchemy import BigInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.schema import Base


class Spending(Base):
    """What one model took on one day (UTC) for one purpose; the cost is an estimate."""

    __tablename__ = "spending"

    day: Mapped[date] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger)


class ExhaustedDay(Base):
    """A day whose budget was used up, and when operators were told: once."""

    __tablename__ = "exhausted_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    tokens: Mapped[int] = mapped_column(BigInteger)
    budget: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime] = mapped_column(server_default=func.now())
