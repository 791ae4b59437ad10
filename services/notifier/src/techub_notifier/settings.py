"""What the notifier reads from its environment."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter
from pydantic import ValidationError as Invalid

from techub_common.addresses import is_mailbox, is_sendable
from techub_common.settings import CommonSettings, DatabaseSettings


def _mailbox(value: str) -> str:
    if not is_mailbox(value):
        message = "must read `Name <address>` or `address`"
        raise ValueError(message)
    return value


def _addresses(value: str) -> str:
    for address in _split(value):
        if not is_sendable(address):
            message = "must be e-mail addresses, separated by commas"
            raise ValueError(message)
    return value


def _web_address(value: str) -> str:
    try:
        TypeAdapter(HttpUrl).validate_python(value)
    except Invalid:
        message = "must be an http(s) address"
        raise ValueError(message) from None
    return value.rstrip("/")


def _split(value: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", value) if part]


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(CommonSettings, DatabaseSettings):
    """The notifier's settings; names and defaults are those of the table in `.env.example`."""

    service: ClassVar[str] = "notifier"

    app_host: WebAddress = "http://127.0.0.1:3000"
    secret_key: SecretStr = Field(min_length=32)
    resend_api_key: SecretStr | None = None
    resend_api_url: WebAddress = "https://api.resend.com"
    resend_per_second: float = Field(default=2.0, ge=0)
    email_from: Annotated[str, AfterValidator(_mailbox)] = "TecHub <notifications@techub.life>"
    alert_email: Annotated[str, AfterValidator(_addresses)] = ""

    @property
    def alert_addresses(self) -> tuple[str, ...]:
        """Return whom to alert, each address once however it is spelled."""
        return tuple({each.lower(): each for each in reversed(_split(self.alert_email))}.values())


class MigrationSettings(CommonSettings, DatabaseSettings):
    """What the migration step needs: the database, no broker."""

    service: ClassVar[str] = "notifier"

    nats_url: str = ""
