"""Settings come from the credentials file, then the environment, then the default."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from techub_common.storage_url import Bucket, Folder, place_of


def _web_address(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        message = "must begin with https:// or http://"
        raise ValueError(message)
    return url.rstrip("/")


TracesSampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]

WebAddress = Annotated[str, AfterValidator(_web_address)]


class AppEnv(StrEnum):
    """Where the service runs."""

    development = "development"
    test = "test"
    production = "production"


class CredentialsFile(PydanticBaseSettingsSource):
    """Reads `section.name` of the mounted YAML file as the setting `section_name`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing: the file is read as a whole."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the settings found in the file named by CREDENTIALS_FILE."""
        path = os.environ.get("CREDENTIALS_FILE")
        if not path:
            return {}
        if not Path(path).is_file():
            message = f"CREDENTIALS_FILE names {path}, which is not a file"
            raise SettingsError(message)
        document = YamlConfigSettingsSource(self.settings_cls, yaml_file=path)()
        flat = {
            f"{section}_{name}".lower(): value
            for section, values in document.items()
            if isinstance(values, dict)
            for name, value in values.items()
        }
        return {name: value for name, value in flat.items() if name in _names(self.settings_cls)}


def _names(settings_class: type[BaseSettings]) -> set[str]:
    return {name.lower() for name in settings_class.model_fields}


class SettingsError(Exception):
    """A setting is missing or malformed; the message is one line that names it."""


class CommonSettings(BaseSettings):
    """What every service reads."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    service: ClassVar[str]

    app_env: AppEnv = AppEnv.production
    app_host: WebAddress = "http://127.0.0.1:3000"
    nats_url: str
    nats_creds: Path | None = None
    health_port: int = 9090
    ack_wait_seconds: float = 15.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    otel_exporter_otlp_endpoint: WebAddress | None = None
    otel_exporter_otlp_headers: SecretStr | None = None
    otel_traces_sampler: TracesSampler = "parentbased_always_on"
    otel_traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = 1.0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the credentials file above the environment."""
        del dotenv_settings, file_secret_settings
        return init_settings, CredentialsFile(settings_cls), env_settings

    @property
    def source(self) -> str:
        """Return the CloudEvents source of this service."""
        return f"/services/{self.service}"


class DatabaseSettings(BaseSettings):
    """What a service with a schema of its own reads."""

    database_url: SecretStr
    migration_database_url: SecretStr | None = None


class StorageSettings(BaseSettings):
    """What a service that reads or writes objects reads."""

    storage_url: str
    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretStr | None = None

    @field_validator("storage_url")
    @classmethod
    def _names_a_place(cls, url: str) -> str:
        place_of(url)
        return url

    @property
    def storage_place(self) -> Folder | Bucket:
        """Return the folder or bucket that STORAGE_URL names."""
        return place_of(self.storage_url)

    @property
    def public_base_url(self) -> str | None:
        """Return where anybody reads public objects; None when the api serves them."""
        place = self.storage_place
        return place.public_base_url if isinstance(place, Bucket) else None


S = TypeVar("S", bound=BaseSettings)


def load(settings_class: type[S]) -> S:
    """Return the settings; end the process with one line that names the first bad one."""
    try:
        return read(settings_class)
    except SettingsError as error:
        sys.exit(f"techub: {error}")


def read(settings_class: type[S]) -> S:
    """Return the settings; raise SettingsError with one line naming the first bad setting."""
    try:
        return settings_class()
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in problem["loc"]).upper() or "settings"
        missing = problem["type"] == "missing"
        trouble = " is not set" if missing else f": {problem['msg'].removeprefix('Value error, ')}"
        message = f"the setting {name}{trouble}; see .env.example"
        raise SettingsError(message) from None
