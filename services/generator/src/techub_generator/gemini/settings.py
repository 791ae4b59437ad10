"""What of Gemini is set from outside, and what follows from it when little is said."""

from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from techub_common.settings import WebAddress
from techub_generator.gemini.providers import Name, Provider, Providers

AI_STUDIO_VERSION: Final = "v1beta"
VERTEX_VERSION: Final = "v1"
LONGEST_DEADLINE: Final = 60.0  # what the limit of one delivery leaves for the stage


class GeminiSettings(BaseSettings):
    """Gemini's part of the generator's settings."""

    gemini_provider: Name | None = None
    gemini_provider_order: str = ""
    gemini_images_provider: Name | None = None
    gemini_api_key: SecretStr | None = None
    gemini_api_base: WebAddress = "https://generativelanguage.googleapis.com"
    gemini_model: str = "gemini-2.5-flash"
    gemini_image_model: str = "gemini-2.5-flash-image"
    google_cloud_project: str = ""
    gemini_location: str = "us-central1"
    google_application_credentials: Path | None = None
    vertex_api_base: WebAddress | None = None
    gemini_deadline_seconds: float = Field(default=40.0, ge=1.0, le=LONGEST_DEADLINE)

    @model_validator(mode="after")
    def _names_whom_it_can_ask(self) -> Self:
        named: dict[Name, str] = dict.fromkeys(self._order, "GEMINI_PROVIDER_ORDER")
        for setting in ("gemini_provider", "gemini_images_provider"):
            if name := getattr(self, setting):
                named[name] = setting.upper()
        for name, setting in named.items():
            if name not in self._configured:
                message = f"{setting} names {name}, but {_needs(name)} is not set"
                raise ValueError(message)
        path = self.google_application_credentials
        if path is not None and not path.is_file():
            message = f"GOOGLE_APPLICATION_CREDENTIALS names {path}, which is not a file"
            raise ValueError(message)
        return self

    @property
    def gemini_providers(self) -> Providers:
        """Return whom to ask: as named, else the one resolved and then the other, if configured."""
        first = self.gemini_provider
        others = [name for name in self._configured if name is not first]
        resolved = [first, *others] if first else others
        images = self.gemini_images_provider or next(iter(resolved), None)
        # A picture Vertex refuses for a field of the request may still be had of AI Studio.
        spare = [name for name in (images, Name.ai_studio) if name in self._configured]
        known = self._configured
        return Providers(
            tuple(known[name] for name in self._order or resolved),
            tuple(known[name] for name in dict.fromkeys(spare) if name),
        )

    @property
    def _order(self) -> tuple[Name, ...]:
        names = [part.strip().lower() for part in self.gemini_provider_order.split(",")]
        try:
            return tuple(dict.fromkeys(Name(name) for name in names if name))
        except ValueError:
            message = "GEMINI_PROVIDER_ORDER is a comma list of ai_studio and vertex"
            raise ValueError(message) from None

    @property
    def _configured(self) -> dict[Name, Provider]:
        """Return the providers there are credentials for, AI Studio first."""
        found: dict[Name, Provider] = {}
        if self.gemini_api_key and self.gemini_api_key.get_secret_value():
            base, version = _split(self.gemini_api_base, AI_STUDIO_VERSION)
            found[Name.ai_studio] = Provider(
                name=Name.ai_studio,
                model=self.gemini_model,
                image_model=self.gemini_image_model,
                base=base,
                version=version,
                key=self.gemini_api_key,
            )
        if self.google_cloud_project:
            place = self.gemini_location
            host = "aiplatform" if place == "global" else f"{place}-aiplatform"
            address = self.vertex_api_base or f"https://{host}.googleapis.com"
            base, version = _split(address, VERTEX_VERSION)
            found[Name.vertex] = Provider(
                name=Name.vertex,
                model=self.gemini_model,
                image_model=self.gemini_image_model,
                base=base,
                version=version,
                project=self.google_cloud_project,
                location=place,
                credentials=self.google_application_credentials,
            )
        return found


def _split(address: str, version: str) -> tuple[str, str]:
    """Return the address without the API's version, and the version, as it may end an address."""
    last = urlsplit(address).path.rpartition("/")[2]
    if last.startswith("v") and last[1:2].isdigit():
        return address.removesuffix(f"/{last}"), last
    return address, version


def _needs(name: Name) -> str:
    return "GEMINI_API_KEY" if name is Name.ai_studio else "GOOGLE_CLOUD_PROJECT"
