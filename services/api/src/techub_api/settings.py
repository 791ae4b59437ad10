"""What the api reads from its environment."""

from typing import ClassVar

from pydantic import Field, SecretStr

from techub_common.settings import CommonSettings, DatabaseSettings, StorageSettings


class Settings(CommonSettings, DatabaseSettings, StorageSettings):
    """The gateway's settings; names and defaults are those of the table in `.env.example`."""

    service: ClassVar[str] = "api"

    http_port: int = 3000
    secret_key: SecretStr = Field(min_length=32)
    ai_text_enabled: bool = True
    ai_images_enabled: bool = False
    ai_image_descriptions_enabled: bool = False
    require_profile_eligibility: bool = True
    eligibility_threshold: int = Field(default=3, ge=0, le=5)
    profile_ownership_cap: int = Field(default=5, ge=1)
    sweep_seconds: float = Field(default=5.0, gt=0)
    pipeline_deadline_seconds: float = Field(default=600.0, gt=0)
    bulk_runs: int = Field(default=4, ge=1)
    stream_replicas: int = Field(default=1, ge=1, le=5)


class MigrationSettings(CommonSettings, DatabaseSettings, StorageSettings):
    """What the migration step and the one-off commands need."""

    service: ClassVar[str] = "api"

    stream_replicas: int = Field(default=1, ge=1, le=5)
