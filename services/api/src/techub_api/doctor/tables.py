"""What probes found, and how each check stands as operators were last told."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.schema import Base

KNOWN = "state IN ('ok', 'warn', 'fail')"


class Probe(Base):
    """One question to every replica of every service; `state` is that of its worst finding."""

    __tablename__ = "probes"
    __table_args__ = (CheckConstraint(KNOWN, name="state_known"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    state: Mapped[str]
    duration_ms: Mapped[int]


class ProbeFinding(Base):
    """What one replica found with one check; `replica` is empty where nobody answered."""

    __tablename__ = "probe_findings"
    __table_args__ = (CheckConstraint(KNOWN, name="state_known"),)

    probe_id: Mapped[int] = mapped_column(
        ForeignKey(Probe.id, ondelete="CASCADE"), primary_key=True
    )
    service: Mapped[str] = mapped_column(primary_key=True)
    replica: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    version: Mapped[str]
    state: Mapped[str]
    duration_ms: Mapped[int]
    seen: Mapped[str]
    todo: Mapped[str]


class Health(Base):
    """How a check stands, as operators were told; `doubts` probes in a row have disagreed."""

    __tablename__ = "health"
    __table_args__ = (
        CheckConstraint("state IN ('ok', 'fail')", name="state_known"),
        CheckConstraint("doubts >= 0", name="doubts_counted"),
    )

    service: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    doubts: Mapped[int] = mapped_column(server_default=text("0"))
