"""What is logged of who comes in and who is kept out: enough to look into it, and no secret."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

from httpx import AsyncClient
from structlog.testing import capture_logs

from techub_api.resources import Resources
from tests.integration.api.http.conftest import program_at, with_settings
from tests.integration.api.pages.conftest import (  # noqa: F401  # fixtures
    browser_at,
    developer,
    token_in,
    workshop,
)

PATH = '/x"\n{"event":"forged"}\r\n'
SAYS = f"""
import structlog
from techub_common import log
log.configure("api", "info", "json")
structlog.get_logger().info("request_answered", path={PATH!r})
"""
SECRETS = ("techub_" + "s" * 43, "state-" + "s" * 30, "ada@example.org")


async def test_signing_in_is_logged(workshop: Resources) -> None:  # noqa: F811
    """Who signs in and out is a line each, and who is not let in is one with the reason."""
    github = with_settings(
        workshop, github_client_id="x", github_client_secret=workshop.settings.secret_key
    )
    with capture_logs() as lines:
        async with browser_at(github) as client:
            form = {"form_token": token_in(await client.get("/sign-in"))}
            await client.post("/dev/sign-in", data=form)
            await client.get("/auth/github/callback?code=x&state=made-up")
            form = {"form_token": token_in(await client.get("/"))}
            await client.post("/session/end", data=form)
    said = [line["event"] for line in lines if line["event"] != "request_answered"]

    assert said == ["signed_in", "sign_in_refused", "signed_out"]
    assert (
        next(line["code"] for line in lines if line["event"] == "sign_in_refused")
        == "sign_in_stale"
    )
    assert next(line["user_id"] for line in lines if line["event"] == "signed_in")


async def test_refusals_are_logged(resources: Resources) -> None:
    """A worthless token, a forged form and a limit reached are lines with a code."""
    limited = with_settings(resources, submissions_per_hour=1)
    with capture_logs() as lines:
        async with program_at(limited, "techub_worthless") as client:
            await client.post("/api/v1/profiles", json={"login": "pip"})
            await client.post("/submit", data={"form_token": "made-up"})
    codes = [line["code"] for line in lines if line["event"] == "request_refused"]

    assert codes == ["unauthorized", "http"]
    assert all(line["log_level"] == "warning" for line in lines if "code" in line)


async def test_no_secret_is_logged(developer: AsyncClient) -> None:  # noqa: F811
    """Neither a token, nor a state, nor an address, nor a cookie stands in any line."""
    cookie = "".join(developer.cookies.values())
    token, state, address = SECRETS
    with capture_logs() as lines:
        await developer.get("/auth/github/callback", params={"code": token, "state": state})
        await developer.get("/api/v1/runs/x", headers={"Authorization": f"Bearer {token}"})
        form = {"form_token": token_in(await developer.get("/settings/account"))}
        await developer.post("/settings/account/address", data=form | {"address": address})
        await developer.get(f"/unsubscribe/{token}")
    said = str(lines)

    assert lines
    assert [secret for secret in (*SECRETS, cookie) if secret in said] == []


def test_lines_are_json_in_utc() -> None:
    """A line is one JSON object with its time in UTC, whatever people have sent."""
    done = subprocess.run([sys.executable, "-c", SAYS], check=True, capture_output=True, text=True)
    [line] = [json.loads(line) for line in done.stdout.strip().split("\n")]

    assert line["event"] == "request_answered"
    assert line["path"] == PATH
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
