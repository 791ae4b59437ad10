"""Settings and requests without a server behind them."""

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from techub_api.settings import Settings
from techub_common.settings import AppEnv


@pytest.fixture
def settings() -> Settings:
    """Give a production's settings."""
    return settings_of(AppEnv.production)


def settings_of(app_env: AppEnv, secret: str = "s" * 32) -> Settings:
    """Return settings that name servers nobody asks."""
    return Settings(
        app_env=app_env,
        app_host="https://techub.test",
        nats_url="nats://127.0.0.1:1",
        database_url=SecretStr("postgresql+asyncpg://127.0.0.1:1/none"),
        storage_url="file:///nowhere",
        secret_key=SecretStr(secret),
    )


def request_to(path: str, **headers: str) -> Request:
    """Return a request as a browser would send it."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": sent, "query_string": b""}
    return Request(scope)
