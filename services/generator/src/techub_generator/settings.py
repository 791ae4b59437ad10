"""What the generator reads from its surroundings."""

from pathlib import Path
from typing import ClassVar, Self

import jwt
from pydantic import SecretStr, ValidationInfo, field_validator, model_validator

from techub_common.settings import AppEnv, CommonSettings, StorageSettings
from techub_generator.gemini.settings import GeminiSettings
from techub_generator.github.app import App
from techub_generator.github.client import Keys


class Settings(CommonSettings, StorageSettings, GeminiSettings):
    """The generator's settings."""

    service: ClassVar[str] = "generator"

    github_api_url: str = "https://api.github.com"
    github_token: SecretStr | None = None
    github_app_id: str = ""
    github_private_key: SecretStr | None = None
    github_private_key_path: Path | None = None
    github_installation_id: int | None = None
    outbound_allow: str = ""

    @field_validator("github_api_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            message = "must begin with https:// or http://"
            raise ValueError(message)
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_a_whole_app(self) -> Self:
        app = self.github_app_id
        keyed = self.github_private_key or self.github_private_key_path
        if not any((app, keyed, self.github_installation_id)):
            return self
        if not (app and keyed and self.github_installation_id):
            message = "a GitHub App needs its id, its private key and its installation's id"
            raise ValueError(message)
        try:
            jwt.encode({}, self._private_key, algorithm="RS256")
        except (OSError, jwt.PyJWTError, ValueError, TypeError):
            message = "GITHUB_PRIVATE_KEY(_PATH) holds no RSA key in PEM"
            raise ValueError(message) from None
        return self

    @field_validator("outbound_allow")
    @classmethod
    def _is_for_development(cls, hosts: str, info: ValidationInfo) -> str:
        if hosts and info.data.get("app_env", AppEnv.production) is AppEnv.production:
            message = "is refused in production: it opens private addresses to avatars"
            raise ValueError(message)
        return hosts

    @property
    def github_tokens(self) -> tuple[str, ...]:
        """Return the tokens of the comma list, blanks left out."""
        given = self.github_token.get_secret_value() if self.github_token else ""
        return _listed(given)

    @property
    def github_keys(self) -> Keys:
        """Return everything GitHub can be asked with."""
        app = None
        if self.github_app_id and self.github_installation_id:
            app = App(self.github_app_id, self._private_key, self.github_installation_id)
        return Keys(self.github_tokens, app)

    @property
    def _private_key(self) -> str:
        """Return the key; one on a single line, as some environments have it, gets its lines."""
        if self.github_private_key is not None:
            return self.github_private_key.get_secret_value().replace("\\n", "\n")
        return self.github_private_key_path.read_text() if self.github_private_key_path else ""

    @property
    def outbound_allowed(self) -> frozenset[str]:
        """Return the `host:port` pairs that may be fetched from although they are not public."""
        return frozenset(_listed(self.outbound_allow))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for one in text.split(",") if (part := one.strip()))
