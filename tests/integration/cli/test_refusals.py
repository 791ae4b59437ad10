"""What an operator reads when something is not there: one line, which one, what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from techub_cli.connection import Server, ask, connected
from techub_cli.pipeline import start
from techub_common.asks import RUN_PIPELINE, RunRequest
from techub_common.errors import Away, Permanent
from techub_devstack.servers.nats import nats_server

ADA = RunRequest(login="ada")


async def test_nats_is_away(techub: Any) -> None:
    """An address where nobody listens is named, without the password in it, and exits 1."""
    command = await techub("nats://ops:secret@127.0.0.1:1", "pipeline", "status", "ada", "--json")
    code, out, complaint = await command.ended()

    assert code == 1
    assert (
        complaint
        == "techub: NATS at nats://127.0.0.1:1 does not answer; is NATS_URL (or --server) right?\n"
    )
    assert {"ok": False, "code": "no_answer", "error": complaint[8:-1]} == json.loads(out)


async def test_the_api_is_away(road: Any) -> None:
    """With NATS up and no api, it is the api that is named, at once."""
    with pytest.raises(Away, match=r"the api does not answer: NATS is up, but nobody hears"):
        await start(Server(road.server.url), ADA, wait=False, as_json=False)


async def test_the_api_refuses(road: Any, techub: Any) -> None:
    """The api's own words are shown, and its whole answer as JSON."""
    refusal = {"ok": False, "code": "run_missing", "error": "there is no run of 'ada'"}

    async def refuse(question: Any) -> None:
        await question.respond(json.dumps(refusal).encode())

    subscription = await road.client.subscribe("ask.api.status", cb=refuse)
    await road.client.flush()
    command = await techub(road.server.url, "pipeline", "status", "ada", "--json")
    code, out, complaint = await command.ended()
    await subscription.unsubscribe()

    assert (1, refusal) == (code, json.loads(out))
    assert complaint == "techub: there is no run of 'ada'\n"


async def test_no_stream_and_no_entry(tmp_path: Path) -> None:
    """A server without the stream sends to the migration; one that refuses us names the key."""
    users = 'authorization { users = [{ user: "ops", password: "secret" }] }'
    async with nats_server(tmp_path, config_extra=users) as server:
        known = Server(server.url.replace("://", "://ops:secret@"))
        with pytest.raises(Permanent, match=r"refused us; is NATS_CREDS \(or --creds\) right\?"):
            await start(Server(server.url), ADA, wait=True, as_json=False)
        with pytest.raises(Permanent, match=r"no stream EVENTS; run `techub_api migrate` first"):
            await start(known, ADA, wait=True, as_json=False)


async def test_a_missing_permission(tmp_path: Path) -> None:
    """What NATS forbids is said instead of a bare time-out."""
    users = (
        'authorization { users = [{ user: "ops", password: "secret", '
        'permissions: { publish: { deny: "ask.>" } } }] }'
    )
    async with nats_server(tmp_path, config_extra=users) as server:
        address = server.url.replace("://", "://ops:secret@")
        async with connected(Server(address)) as client:
            with pytest.raises(Away, match=r"permissions violation for publish to .ask\.api\.run"):
                await ask(client, RUN_PIPELINE, RunRequest(login="ada"), within=0.5)
