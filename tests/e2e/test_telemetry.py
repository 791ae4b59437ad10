"""What leaves about a run: one trace from the request to the mail, and no secret anywhere."""

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest

from techub_common.permissions import users
from techub_common.streams import DEAD, EVENTS
from techub_devstack import samples
from techub_devstack.doubles.collector import Collector, Seen, collecting
from techub_devstack.servers import guard
from techub_devstack.services import NAMES
from techub_devstack.stack import Stack
from tests.e2e.conftest import introduced, system

SECRETS = {
    "GITHUB_TOKEN": "ghp_scannedScannedScannedScannedScanned1",
    "GITHUB_CLIENT_SECRET": "scanned-client-secret-4242",
    "GITHUB_WEBHOOK_SECRET": "scanned-webhook-secret-4242",
    "SECRET_KEY": "scanned-secret-key-of-all-signed-links-4242",
    "RESEND_API_KEY": "re_scannedScannedScanned4242",
    "RESEND_WEBHOOK_SECRET": "whsec_c2Nhbm5lZC1zY2FubmVkLXNjYW5uZWQ0MjQy",
    "GEMINI_API_KEY": "AIzaSyScannedScannedScannedScannedScan1",
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer scanned-collector-token",
}
ALERTS = "alerts-scanned@example.org"
IN_A_BIO = "hidden.scanned@example.net"
ADDRESS = re.compile(rb"[\w.+-]+(?:@|%40|\\u0040)[\w-]+\.[\w.-]+", re.IGNORECASE)
LOGIN = "scanned-person"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Give a collector that all services export to."""
    with collecting() as listening:
        yield listening


@pytest.fixture(scope="module")
async def stack(
    tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> AsyncIterator[Stack]:
    """Give a system of its own whose settings are recognised wherever they turn up."""
    folder = tmp_path_factory.mktemp("samples")
    shutil.copytree(samples.DIR, folder, dirs_exist_ok=True)
    hide_an_address(folder)
    environment = {
        **SECRETS,
        "ALERT_EMAIL": ALERTS,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "CAPTURE_VARIANTS": "card",
    }
    choices: dict[str, Any] = {"samples_dir": folder, "ai": "double", "guarded": True}
    async with system(tmp_path_factory, "telemetry", environment=environment, **choices) as running:
        yield running


def hide_an_address(folder: Path) -> None:
    """Add somebody whose profile names an address and a token wherever GitHub lets one write."""
    shutil.copytree(folder / samples.DEFAULT, folder / LOGIN)
    path = folder / LOGIN / "user.json"
    user = json.loads(path.read_text("utf-8"))
    words = f"write to {IN_A_BIO} or use {SECRETS['GITHUB_TOKEN']}"
    told = {"login": LOGIN, "id": 77_424_242, "bio": words, "company": words, "name": words}
    path.write_text(json.dumps(user | told | {"email": IN_A_BIO}), "utf-8")


@pytest.fixture(scope="module")
async def told(stack: Stack, collector: Collector) -> dict[str, dict[str, Any]]:
    """Give runs of every sort: plain, delivered twice, and failed by a model and by GitHub."""
    runs = {}
    async with introduced(stack) as person:
        runs["plain"] = await person.finished(LOGIN)
        both = {"error": {"message": f"{IN_A_BIO} {SECRETS['GEMINI_API_KEY']}"}}
        stack.gemini.fail(status=400, body=both, times=4)
        runs["no model"] = await person.finished(samples.TINY)
        stack.gemini.mend()
        stack.github.fail(status=502, login=samples.POPULAR, body={"message": IN_A_BIO})
        accepted = await person.submit(samples.POPULAR)
        await noted(collector, accepted["run_id"], "process pipeline.started")
        stack.github.mend()
        runs["delivered twice"] = await person.until_told(accepted["run_id"])
        runs["failed"] = await person.finished("nobody-by-this-name")
        for run in runs.values():
            await noted(collector, run["run_id"], "process notification.recorded")
    return runs


async def noted(collector: Collector, run_id: str, name: str) -> None:
    """Return once such a span of the run has been exported."""
    async with asyncio.timeout(30):
        while not any(span.name == name for span in trace(collector, {"run_id": run_id})):
            await asyncio.sleep(0.1)


def trace(collector: Collector, run: dict[str, Any]) -> list[Seen]:
    """Return the spans of a run's trace."""
    return collector.by_trace()[run["run_id"].replace("-", "")]


def test_one_trace_from_the_request_to_the_mail(
    told: dict[str, dict[str, Any]], collector: Collector
) -> None:
    """Every service, request, fact, statement, object, question and mail is in the run's trace."""
    spans = trace(collector, told["plain"])
    names = {(span.service, span.name) for span in spans}
    by_id = {span.id: span for span in spans}

    assert {span.service for span in spans} == set(NAMES)
    assert {
        ("api", "POST /api/v1/profiles"),
        ("api", "INSERT"),
        ("api", "send pipeline.started"),
        ("generator", "process pipeline.started"),
        ("generator", "stage pull_github_data"),
        ("generator", "POST GitHub"),
        ("generator", "generate_content gemini-2.5-flash"),
        ("generator", "put object"),
        ("screenshotter", "process capture.requested"),
        ("screenshotter", "put object"),
        ("optimizer", "process asset.captured"),
        ("api", "process asset.recorded"),
        ("notifier", "process pipeline.completed"),
        ("notifier", "send mail"),
        ("api", "process notification.recorded"),
    } <= names
    [root] = [span for span in spans if span.name == "POST /api/v1/profiles"]
    for span in spans:
        seen = {span.id}
        while span.parent:
            assert span.parent in by_id, f"{span.name} hangs in the air"
            span = by_id[span.parent]  # noqa: PLW2901  # upwards
            assert span.id not in seen
            seen.add(span.id)
        assert span is root or span.name in {"deliver mail", "create notification.recorded"}


def test_a_redelivery_is_in_the_same_trace_and_linked(
    told: dict[str, dict[str, Any]], collector: Collector
) -> None:
    """What was worked on again stands beside the first try, with a link to what was told."""
    tries = [
        span
        for span in trace(collector, told["delivered twice"])
        if span.name == "process pipeline.started"
    ]
    outcomes = [span.attributes["techub.outcome"] for span in tries]

    assert len(tries) > 1
    assert outcomes == ["retried"] * (len(tries) - 1) + ["done"]
    assert [bool(span.links) for span in tries] == [False, *[True] * (len(tries) - 1)]
    assert {link for span in tries for link in span.links} == {tries[0].parent}
    assert [span.failed for span in tries] == [True] * (len(tries) - 1) + [False]


def test_every_run_has_one_trace(told: dict[str, dict[str, Any]], collector: Collector) -> None:
    """Whatever is noted of a run anywhere is in the trace of its id."""
    runs = {run["run_id"] for run in told.values()}
    told_of = [span for span in collector.spans() if span.attributes.get("techub.run_id") in runs]

    assert len(told_of) > 50
    for span in told_of:
        assert span.trace == span.attributes["techub.run_id"].replace("-", "")
    assert {header["authorization"] for header in collector.headers} == {
        "Bearer scanned-collector-token"
    }


async def test_logs_name_the_trace(told: dict[str, dict[str, Any]], stack: Stack) -> None:
    """Each line of a service about a run names the run and its trace."""
    run_id = told["plain"]["run_id"]
    for name in NAMES:
        text = (stack.wanted.var / "log" / f"{name}.log").read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines() if run_id in line]
        handled = [line for line in lines if line["event"] == "message_handled"]
        assert handled, name
        assert {line["trace_id"] for line in handled} == {run_id.replace("-", "")}


async def test_no_secret_and_no_address_in_any_event(
    told: dict[str, dict[str, Any]], stack: Stack, collector: Collector
) -> None:
    """Neither the streams nor the traces hold a password, a key, a token or anybody's address."""
    client = await nats.connect(stack.nats_url("operators"))
    try:
        told_bytes = [body async for body in everything(client, EVENTS)]
        dead_bytes = [body async for body in everything(client, DEAD)]
    finally:
        await client.close()
    secrets = [
        *(value.rpartition("=")[2].encode() for value in SECRETS.values()),
        stack.postgres.url_of("techub").encode(),
        *(f":{guard.password_of(user.name)}@".encode() for user in users()),
    ]

    assert told.keys() == {"plain", "no model", "delivered twice", "failed"}
    assert len(told_bytes) > 40
    assert any(LOGIN.encode() in body for body in told_bytes)
    for body in (*told_bytes, *dead_bytes, *collector.bodies):
        assert not [secret for secret in secrets if secret in body]
        assert ADDRESS.findall(body) == []


async def everything(client: Any, stream: str) -> AsyncIterator[bytes]:
    """Give every message of a stream: its subject, its headers and its body."""
    js = client.jetstream()
    state = (await js.stream_info(stream)).state
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await js.get_msg(stream, sequence)
        yield b"\n".join(
            (
                message.subject.encode(),
                json.dumps(message.headers or {}).encode(),
                message.data or b"",
            )
        )


async def test_a_collector_that_hangs_costs_nothing(
    told: dict[str, dict[str, Any]], stack: Stack
) -> None:
    """A service whose collector takes calls and never answers works, and ends when asked to."""
    del told
    service = stack.services["generator"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        await service.stop()
        service._env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        service.start()
        await service.until_ready()
        async with introduced(stack) as person:
            run = await person.finished(samples.UNICODE)
        code = await service.stop()

    assert (run["status"], code) == ("success", 0)
