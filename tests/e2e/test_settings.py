"""A service that is configured wrongly ends at once, with one line that names the setting."""

import asyncio
import sys

import pytest

from techub_devstack.services import NAMES
from techub_devstack.stack import Stack

REQUIRED = {
    "api": "DATABASE_URL",
    "generator": "NATS_URL",
    "screenshotter": "STORAGE_URL",
    "optimizer": "STORAGE_URL",
    "notifier": "DATABASE_URL",
}


async def start(stack: Stack, service: str, **changes: str | None) -> tuple[int | None, list[str]]:
    """Start a service like the stack does, but for the changes; return exit code and its words."""
    merged = stack.services_environment(service) | {"HEALTH_PORT": "0"} | changes
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"techub_{service}",
        "serve",
        env={name: value for name, value in merged.items() if value is not None},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode().splitlines()


@pytest.mark.parametrize("service", NAMES)
async def test_a_setting_is_missing(stack: Stack, service: str) -> None:
    """Nothing is opened, and one line says what is not set and where to read about it."""
    name = REQUIRED[service]

    code, words = await start(stack, service, **{name: None})

    assert code == 1
    assert words == [f"techub: the setting {name} is not set; see .env.example"]


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("api", "HTTP_PORT", "the usual one"),
        ("generator", "STORAGE_URL", "ftp://somewhere"),
        ("screenshotter", "SCREENSHOT_CONCURRENCY", "many"),
        ("optimizer", "ACK_WAIT_SECONDS", "soon"),
        ("notifier", "RESEND_API_URL", "resend"),
    ],
)
async def test_a_setting_is_malformed(stack: Stack, service: str, name: str, value: str) -> None:
    """One line names the setting and what it should be."""
    code, words = await start(stack, service, **{name: value})

    assert code == 1
    assert len(words) == 1
    assert words[0].startswith(f"techub: the setting {name}: ")
