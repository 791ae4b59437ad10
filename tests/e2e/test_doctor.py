"""`techub doctor` and the probes against the running system, with NATS users as in production."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from techub_common.asks import EXAMINE
from techub_common.database import open_engine
from techub_devstack.servers import guard
from techub_devstack.stack import ALERT_ADDRESS, DATABASE, DEVELOPMENT_SECRET, Stack
from tests.e2e.conftest import mails_to, system

RESEND = "re_embedded_stack"
GITHUB = "ghp_of_the_embedded_stack"
GEMINI = "key-of-the-embedded-stack"
BROKE, MENDED = "Fails:  optimizer: answers\n", "Works again: optimizer: answers"
SECRETS = (
    RESEND,
    GITHUB,
    GEMINI,
    DEVELOPMENT_SECRET,
    *(f":{guard.password_of(user)}@" for user in (*EXAMINE, "operators")),
)


@pytest.fixture(scope="module")
async def clinic(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give a system that is probed every second, with two generators and Gemini's double."""
    environment = {
        "PROBE_SECONDS": "1",
        "ACK_WAIT_SECONDS": "3",
        "GEMINI_API_KEY": GEMINI,
    }
    async with system(
        tmp_path_factory,
        "clinic",
        environment=environment,
        guarded=True,
        ai="double",
        replicas={"generator": 2},
    ) as running:
        yield running


async def doctor(stack: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run `techub doctor --json` as an operator and return exit code and document."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "techub_cli", "doctor", "--json", *arguments),
        env=os.environ | {"NATS_URL": stack.nats_url("operators")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 90)
    assert output, errors.decode()
    return process.returncode or 0, json.loads(output)


async def until(answer: Callable[[], Awaitable[Any]], what: str, *, within: float = 60.0) -> Any:
    """Return the first answer that is true."""
    async with asyncio.timeout(within):
        while not (found := await answer()):
            await asyncio.sleep(0.1)
    assert found, what
    return found


async def alerts(stack: Stack, words: str) -> list[dict[str, Any]]:
    """Return the mails to operators that hold these words."""
    return [one for one in await mails_to(stack, ALERT_ADDRESS) if words in one["text"]]


async def rows(stack: Stack, statement: str) -> list[Any]:
    """Return what the api's database says."""
    engine = open_engine(stack.postgres.url_of(DATABASE), pool=1)
    try:
        async with engine.connect() as connection:
            return list((await connection.execute(text(statement))).all())
    finally:
        await engine.dispose()


def failing(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return service and name of what fails."""
    return {
        (report["service"], finding["name"])
        for report in document["reports"]
        for finding in report["findings"]
        if finding["state"] == "fail"
    }


async def test_everything_is_well(clinic: Stack) -> None:
    """Every replica of every service answers, and the exit code is 0."""
    code, document = await doctor(clinic, "--expect", "generator=2")

    assert (code, document["ok"], failing(document)) == (0, True, set())
    services = [report["service"] for report in document["reports"]]
    assert services == ["api", "generator", "generator", "screenshotter", "optimizer", "notifier"]
    assert len({report["replica"] for report in document["reports"]}) == 6
    assert all(len(report["findings"]) > 4 for report in document["reports"])


async def test_a_replica_too_few(clinic: Stack) -> None:
    """Who expects more than there are is told, by exit code too."""
    code, document = await doctor(clinic, "--service", "generator", "--expect", "generator=3")

    assert (code, failing(document)) == (1, {("generator", "answers")})
    assert {report["service"] for report in document["reports"]} == {"generator"}


async def test_a_service_that_is_down_is_told_once(clinic: Stack) -> None:
    """The command and a mail name it; another mail says that it works again; no third one comes."""
    optimizer = clinic.services["optimizer"]
    await optimizer.stop()
    code, document = await doctor(clinic)
    await until(lambda: alerts(clinic, BROKE), "the alert")
    optimizer.start()
    await optimizer.until_ready()
    await until(lambda: alerts(clinic, MENDED), "the all-clear")
    seen = await probes_kept(clinic)
    await until(lambda: more_than(clinic, seen + 1), "two more probes")

    assert (code, failing(document)) == (1, {("optimizer", "answers")})
    assert (len(await alerts(clinic, BROKE)), len(await alerts(clinic, MENDED))) == (1, 1)


async def probes_kept(stack: Stack) -> int:
    """Return how many probes there were."""
    [[count]] = await rows(stack, "SELECT count(*) FROM api.probes")
    return int(count)


async def more_than(stack: Stack, count: int) -> bool:
    """Return whether there were more probes than that."""
    return await probes_kept(stack) > count


async def test_no_secret_is_told(clinic: Stack) -> None:
    """Whatever vendors give away: not to the command, a row, an event, a mail or a log."""
    clinic.github.fail(401, body={"message": f"no {GITHUB}"})
    refusal = {"status": "PERMISSION_DENIED", "message": f"no {GEMINI}"}
    clinic.gemini.fail(403, body={"error": refusal})
    known = f"no {RESEND}, nor {DEVELOPMENT_SECRET} or {clinic.nats_url('notifier')}"
    body = {"statusCode": 403, "name": "invalid_api_key", "message": known}
    clinic.resend.fail(403, path_contains="/domains", body=body)
    expected = {
        ("generator", "github"),
        ("generator", "gemini text ai_studio"),
        ("notifier", "resend"),
    }

    async def ill() -> dict[str, Any] | None:
        """Gemini's pulse may still be the one that was felt before."""
        code, document = await doctor(clinic)
        return document if (code, failing(document)) == (1, expected) else None

    document = await until(ill, "everything that was broken")
    await until(lambda: alerts(clinic, "Fails:  generator: github\n"), "the alert")
    for double in (clinic.github, clinic.gemini, clinic.resend):
        double.mend()

    kept = await rows(clinic, "SELECT f::text FROM api.probe_findings f")
    told = await rows(
        clinic, "SELECT convert_from(body, 'UTF8') FROM api.outbox WHERE subject = 'health.changed'"
    )
    mailed = await mails_to(clinic, ALERT_ADDRESS)
    logged = [path.read_text() for path in (clinic.wanted.var / "log").glob("*.log")]
    assert kept
    assert told
    for said in (document, kept, told, mailed, logged):
        assert [secret for secret in SECRETS if secret in str(said)] == []
    assert "[secret]" in str(document)
