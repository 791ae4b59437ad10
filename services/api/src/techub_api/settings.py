"""What the api reads from its environment."""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, field_validator

from techub_api.mail.signatures import is_secret
from techub_cards.variants import VARIANTS
from techub_common.settings import CommonSettings, DatabaseSettings, StorageSettings, WebAddress

_OPERATOR: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


class AccessPolicy(StrEnum):
    """Who may become a user: everybody, who is on the list, or who has an invite too."""

    open = "open"
    list = "list"
    invite = "invite"


def _signing_secret(value: SecretStr) -> SecretStr:
    if not is_secret(value.get_secret_value()):
        message = "must be the signing secret of the webhook, `whsec_` and base64"
        raise ValueError(message)
    return value


def _networks(value: str) -> str:
    for part in _parts(value):
        ip_network(part)  # its ValueError says what is wrong
    return ",".join(_parts(value))


def _operators(value: SecretStr) -> SecretStr:
    names = [name for name, _ in _credentials(value)]
    if not names or not all(password for _, password in _credentials(value)):
        message = "must be `user:password`, or several of them separated by commas"
        raise ValueError(message)
    if len(set(names)) < len(names) or not all(map(_OPERATOR.fullmatch, names)):
        message = "needs users of letters, digits, `.`, `_` and `-`, each of them once"
        raise ValueError(message)
    return value


def _credentials(value: SecretStr) -> list[tuple[str, str]]:
    pairs = [part.partition(":") for part in _parts(value.get_secret_value())]
    return [(name, password) for name, _, password in pairs]


def _origins(value: str) -> str:
    for origin in _parts(value):
        place = urlsplit(origin)
        plain = f"{place.scheme}://{place.netloc}" == origin and place.scheme in {"http", "https"}
        if origin != "*" and not (plain and place.netloc):
            message = "must be `*` or origins like https://example.org, separated by commas"
            raise ValueError(message)
    return ",".join(_parts(value))


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


class Settings(CommonSettings, DatabaseSettings, StorageSettings):
    """The gateway's settings; names and defaults are those of the table in `.env.example`."""

    service: ClassVar[str] = "api"

    http_port: int = 3000
    secret_key: SecretStr = Field(min_length=32)
    resend_api_url: WebAddress = "https://api.resend.com"
    github_api_url: WebAddress = "https://api.github.com"
    github_web_url: WebAddress = "https://github.com"
    github_client_id: str | None = None
    github_client_secret: SecretStr | None = None
    github_webhook_secret: SecretStr | None = Field(default=None, min_length=16)
    access_policy: AccessPolicy = AccessPolicy.open
    ops_http_basic: Annotated[SecretStr, AfterValidator(_operators)] | None = Field(  # type: ignore[pydantic-alias]  # it has a default
        default=None,
        validation_alias=AliasChoices("ops_http_basic", "mission_control_jobs_http_basic"),
    )
    resend_webhook_secret: Annotated[SecretStr, AfterValidator(_signing_secret)] | None = None
    ai_text_enabled: bool = True
    ai_images_enabled: bool = False
    ai_image_descriptions_enabled: bool = False
    require_profile_eligibility: bool = True
    eligibility_threshold: int = Field(default=3, ge=0, le=5)
    gemini_daily_tokens: int | None = Field(default=None, ge=0)
    profile_ownership_cap: int = Field(default=5, ge=1)
    submissions_per_hour: int = Field(default=20, ge=0)
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    cors_origins: Annotated[str, AfterValidator(_origins)] = ""
    sweep_seconds: float = Field(default=5.0, gt=0)
    pipeline_deadline_seconds: float = Field(default=600.0, gt=0)
    bulk_runs: int = Field(default=4, ge=1)
    probe_seconds: float = Field(default=300.0, ge=0)
    prune_seconds: float = Field(default=21_600.0, gt=0)
    run_artifacts_days: float = Field(default=30.0, ge=1)
    refresh_after_seconds: float = Field(default=21_600.0, ge=60)
    stream_replicas: int = Field(default=1, ge=1, le=5)
    capture_variants: str = ""

    @field_validator("capture_variants")
    @classmethod
    def _known_variants(cls, names: str) -> str:
        wanted = {name.strip() for name in names.split(",")} - {""}
        if unknown := wanted - set(VARIANTS):
            message = f"names no canvas: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        return ",".join(name for name in VARIANTS if name in wanted)

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the pictures there are to make: those named, else every one."""
        return tuple(self.capture_variants.split(",")) if self.capture_variants else tuple(VARIANTS)

    @property
    def operators(self) -> Mapping[str, str]:
        """Return user → password of those who may come in to `/ops`."""
        return dict(_credentials(self.ops_http_basic)) if self.ops_http_basic else {}

    @property
    def is_https(self) -> bool:
        """Return whether people come over https, so that cookies may insist on it."""
        return self.app_host.startswith("https://")


class MigrationSettings(CommonSettings, DatabaseSettings, StorageSettings):
    """What the migration step and the one-off commands need."""

    service: ClassVar[str] = "api"

    from_aws_access_key_id: str | None = None
    from_aws_secret_access_key: SecretStr | None = None
    run_artifacts_days: float = Field(default=30.0, ge=1)
    stream_replicas: int = Field(default=1, ge=1, le=5)
