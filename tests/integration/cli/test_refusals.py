"""What an operator reads when something is not there: one line, which one, what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from techub_cli.connection import Server, ask, connected
from techub_common.asks import RUN_PIPELINE, RunRequest
from techub_common.errors import Away
from techub_devstack.servers.nats import nats_server


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


async def test_no_address(techub: Any) -> None:
    """Without NATS_URL the setting is named."""
    code, _, complaint = await (await techub(None, "events", "tail")).ended()

    assert code == 1
    assert complaint == "techub: NATS_URL is not set; set it or give --server nats://host:4222\n"


async def test_the_api_is_away(road: Any, techub: Any) -> None:
    """With NATS up and no api, it is the api that is named."""
    command = await techub(road.server.url, "pipeline", "run", "ada")
    code, _, complaint = await command.ended()

    assert code == 1
    assert complaint.startswith("techub: the api does not answer")
    assert complaint.count("\n") == 1


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


async def test_no_stream_and_no_entry(tmp_path: Path, techub: Any) -> None:
    """A server without the stream sends to the migration; one that refuses us names the key."""
    users = 'authorization { users = [{ user: "ops", password: "secret" }] }'
    async with nats_server(tmp_path, config_extra=users) as server:
        stranger = await techub(server.url, "events", "tail")
        known = await techub(
            server.url.replace("://", "://ops:secret@"), "pipeline", "run", "ada", "--wait"
        )
        refused, missing = await stranger.ended(), await known.ended()

    assert refused[:2] == (1, "")
    assert "refused us; is NATS_CREDS (or --creds) right?" in refused[2]
    assert missing[:2] == (1, "")
    assert missing[2] == "techub: JetStream has no stream EVENTS; run `techub_api migrate` first\n"


async def test_no_credentials(techub: Any) -> None:
    """A file of credentials that is not there is named."""
    command = await techub("nats://127.0.0.1:1", "--creds", "/nowhere.creds", "events", "tail")
    code, _, complaint = await command.ended()

    assert code == 1
    assert (
        complaint == "techub: NATS_CREDS (or --creds) names /nowhere.creds, which is not a file\n"
    )


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
