"""What the generator reads from its surroundings."""

from typing import ClassVar

from pydantic import SecretStr, ValidationInfo, field_validator

from techub_common.settings import AppEnv, CommonSettings, StorageSettings


class Settings(CommonSettings, StorageSettings):
    """The generator's settings."""

    service: ClassVar[str] = "generator"

    github_api_url: str = "https://api.github.com"
    github_token: SecretStr | None = None
    outbound_allow: str = ""

    @field_validator("github_api_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            message = "must begin with https:// or http://"
            raise ValueError(message)
        return url.rstrip("/")

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
    def outbound_allowed(self) -> frozenset[str]:
        """Return the `host:port` pairs that may be fetched from although they are not public."""
        return frozenset(_listed(self.outbound_allow))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for one in text.split(",") if (part := one.strip()))
