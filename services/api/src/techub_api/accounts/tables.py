"""Users, their personal tokens and sessions, and who may become one."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.schema import Base


class User(Base):
    """A person who may sign in; the address is theirs only once it is verified."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_login", text("lower(login)"), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    github_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    login: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    wants_mail: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiToken(Base):
    """A personal token; only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Session(Base):
    """A browser in which somebody is signed in; only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    device: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class SignIn(Base):
    """A sign-in that is under way at GitHub: good once, in one browser, for ten minutes."""

    __tablename__ = "sign_ins"

    state_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    verifier: Mapped[str]
    onward: Mapped[str]
    invite: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Invite(Base):
    """A code that lets a number of people in who are not on the list."""

    __tablename__ = "invites"
    __table_args__ = (
        CheckConstraint("code = lower(code)", name="code_lower"),
        CheckConstraint("taken BETWEEN 0 AND seats", name="seats_enough"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default=text("0"))


class AllowedLogin(Base):
    """Somebody who may sign in while access is not open to everybody."""

    __tablename__ = "allowed_logins"
    __table_args__ = (CheckConstraint("login = lower(login)", name="login_lower"),)

    login: Mapped[str] = mapped_column(primary_key=True)
    invite: Mapped[str | None] = mapped_column(ForeignKey(Invite.code))
    since: Mapped[datetime] = mapped_column(server_default=func.now())
