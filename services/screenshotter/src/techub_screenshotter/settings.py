"""What the screenshotter reads from its environment."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from techub_common.settings import CommonSettings, StorageSettings


class Settings(CommonSettings, StorageSettings):
    """Where pictures go, and how Chromium is kept."""

    service: ClassVar[str] = "screenshotter"

    screenshot_timeout_ms: int = Field(default=15_000, ge=100)
    screenshot_concurrency: int = Field(default=2, ge=1, le=16)
    chromium_path: Path | None = None
