"""A real nats-server with the committed permissions: everybody can work, nobody can do more."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import nats
import pytest
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from techub_api.ops.following import Follower
from techub_api.ops.soundings import Soundings
from techub_common import events
from techub_common.asking import Asker
from techub_common.asks import CHECK_GEMINI, LIST_PROVIDERS
from techub_common.broker import Teller, listen, open_broker
from techub_common.delivery import Road
from techub_common.envelope import seal
from techub_common.errors import Permanent
from techub_common.events import Event
from techub_common.letters import Letters
from techub_common.metrics import Metrics
from techub_common.permissions import HEARD_BY, OPERATORS, fragment, inbox_of, users
from techub_common.runtime import Service
from techub_common.settings import AppEnv, CommonSettings
from techub_common.streams import (
    ADVISORIES,
    ADVISORY_CONSUMER,
    DEAD,
    EVENTS,
    TOLD_BY,
    Consumer,
    declare,
    heal,
)
from techub_common.working import report, workers_of
from techub_devstack.servers.nats import nats_server

SERVICES = tuple(TOLD_BY)
each_service = pytest.mark.parametrize("service", SERVICES)
BY_SUBJECT = {event.subject: event for event in events.ALL}


class Settings(CommonSettings):
    """The settings that every service has."""

    service = "set in each test"


def password_of(user: str) -> str:
    """Return the password the test's server has for a user."""
    return f"pass{user}"


@dataclass
class Guarded:
    """The server, and who may come in."""

    address: str

    def url(self, user: str) -> str:
        """Return the NATS_URL of a user."""
        return f"nats://{user}:{password_of(user)}@{self.address}"

    def settings(self, service: str) -> Settings:
        """Return what a service would read."""
        kind = type("Settings", (Settings,), {"service": service, "__annotations__": {}})
        made: Settings = kind(nats_url=self.url(service), app_env=AppEnv.test, ack_wait_seconds=5.0)
        return made

    @asynccontextmanager
    async def client(self, user: str) -> AsyncIterator["Visitor"]:
        """Yield a bare client that counts what it was refused."""
        visitor = Visitor()
        prefix = "_INBOX" if user == OPERATORS else inbox_of(user)
        visitor.nc = await nats.connect(
            self.url(user), error_cb=visitor.noted, inbox_prefix=prefix, allow_reconnect=False
        )
        try:
            yield visitor
        finally:
            await visitor.nc.close()


@dataclass
class Visitor:
    """A connection and the violations it was told of."""

    nc: Client = field(init=False)
    refused: list[str] = field(default_factory=list)

    async def noted(self, error: Exception) -> None:
        """Keep what the server said."""
        self.refused.append(str(error))

    async def publish(self, subject: str, body: bytes = b"{}") -> None:
        """Publish and wait until the server has read it."""
        await self.nc.publish(subject, body, reply=self.nc.new_inbox())
        await self.nc.flush()


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    """Give a server with the permissions, its streams declared by the api's own user."""
    passwords = "".join(f'{user.password}: "{password_of(user.name)}"\n' for user in users())
    directory = tmp_path_factory.mktemp("guarded")
    async with nats_server(directory, config_extra=passwords + fragment()) as server:
        place = Guarded(server.url.removeprefix("nats://"))
        async with place.client("api") as api:
            js = api.nc.jetstream()
            made = await heal(js, ack_wait=5)
            await declare(js, ack_wait=5)
            assert len(made) == 9
            assert api.refused == []
        yield place


def sample(kind: type[Event]) -> Event:
    """Return some event of the kind."""
    known: dict[str, Any] = {
        "run_id": uuid4(),
        "login": "pip",
        "profile_id": uuid4(),
        "user_id": uuid4(),
        "trigger": "submit",
        "notify": "ops",
        "duration_ms": 1,
        "by": "ops",
        "reason": "test",
        "stage": "capture",
        "status": "completed",
        "started_at": "2026-01-01T00:00:00Z",
        "github_id": 1,
        "artifacts": {},
        "sections": {},
        "avatar": "kept",
        "code": "x",
        "message": "x",
        "variant": "og",
        "view_key": "k",
        "kind": "og",
        "object_key": "k",
        "sha256": "0",
        "bytes": 1,
        "width": 1,
        "height": 1,
        "mime": "image/png",
        "provider": "vips",
        "renditions": [],
        "bytes_before": 1,
        "engine": "vips",
        "attempts": 1,
        "event": "completed",
        "counts": {},
        "report_id": "r",
        "provider_id": "p",
        "reported": "bounced",
        "day": "2026-11-27",
        "tokens": 1,
        "budget": 1,
        "probe": 1,
        "changes": [],
    }
    return kind.model_validate({name: known[name] for name in kind.model_fields if name in known})


async def until(check: Any, what: str) -> None:
    """Return once `check` is true."""
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.01)
    assert check(), what


@each_service
async def test_a_service_does_its_work(guarded: Guarded, service: str) -> None:
    """It tells every fact of its own, hears its durable, acknowledges, gives back and buries."""
    consumer = HEARD_BY[service]
    heard: list[str] = []
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    async def handle(event: Event) -> None:
        heard.append(str(event.run_id))
        if event.login == "bad":
            raise Permanent("no", code="unknown_variant")

    kind = consumer.hears[0]
    teller = next(name for name, told in TOLD_BY.items() if kind in told)
    good = sample(kind)
    bad = sample(kind).model_copy(update={"login": "bad"})
    settings = guarded.settings(service)
    async with open_broker(settings, metrics) as broker:
        tell = Teller(broker, settings.source, metrics)
        for told in TOLD_BY[service]:
            await tell(sample(told))
        async with guarded.client(teller) as other:
            for event in (good, bad):
                sealed = seal(event, f"/services/{teller}")
                await other.nc.jetstream().publish(event.subject, sealed.body())
        listener = listen(
            broker, tell, consumer, handle, slots=2, ack_wait=0.3, road=Road(), metrics=metrics
        )
        task = asyncio.create_task(listener.run())
        wanted = {str(good.run_id), str(bad.run_id)}
        await until(lambda: wanted <= set(heard), "heard")
        await until(lambda: counted(registry, "dead_letters", consumer=consumer.name) == 1, "dead")
        await listener.stop(5)
        await task

    assert counted(registry, "nats_violations") == 0
    assert counted(registry, "messages", consumer=consumer.name, outcome="given_up") == 1
    async with guarded.client("api") as api:
        info = await api.nc.jetstream().consumer_info(EVENTS, consumer.name)
        assert info.num_ack_pending == 0
    async with guarded.client(OPERATORS) as operator:
        last = await operator.nc.jetstream().get_last_msg(DEAD, f"dead.{consumer.name}")
        assert json.loads(last.data or b"")["data"]["login"] == "bad"


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """Return the value of a counter."""
    return registry.get_sample_value(f"techub_{name}_total", labels) or 0.0


@each_service
async def test_a_service_tells_nothing_foreign(guarded: Guarded, service: str) -> None:
    """Every subject of others is refused, and nothing of it is stored."""
    own = {event.subject for event in TOLD_BY[service]}
    own |= {"asset.captured"} if service == "api" else set()  # it replays what was given up
    foreign = [subject for subject in BY_SUBJECT if subject not in own]
    if service != "api":
        foreign += [f"dead.{c.name}" for name, c in HEARD_BY.items() if name != service]
        foreign += [f"$JS.API.STREAM.{verb}.EVENTS" for verb in ("INFO", "DELETE", "PURGE")]
    foreign += ["$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.PURGE.EVENTS", "ask.api.run"]
    foreign += ["$SYS.REQ.USER.INFO", "$JS.API.STREAM.MSG.DELETE.EVENTS"]
    async with guarded.client("api") as api, guarded.client(service) as visitor:
        before = (await api.nc.jetstream().stream_info(EVENTS)).state.last_seq
        for subject in foreign:
            await visitor.publish(subject)
        await until(lambda: len(visitor.refused) == len(foreign), "every refusal")
        after = (await api.nc.jetstream().stream_info(EVENTS)).state.last_seq

    assert after == before
    assert all("permissions violation for publish" in said.lower() for said in visitor.refused)


@each_service
async def test_a_service_hears_nothing_foreign(guarded: Guarded, service: str) -> None:
    """Durables, inboxes, questions and subjects of others are refused."""
    async with guarded.client(service) as visitor:
        others: list[Consumer] = [c for name, c in HEARD_BY.items() if name != service]
        refusals = 0
        for consumer in others:
            await visitor.publish(f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{consumer.name}")
            await visitor.publish(f"$JS.ACK.{EVENTS}.{consumer.name}.1.1.1.1.0", b"+ACK")
            await visitor.publish(f"$JS.API.CONSUMER.DELETE.{EVENTS}.{consumer.name}")
            refusals += 3
        for subject in (">", "_INBOX.>", "_INBOX_api_.>", "pipeline.*", "ask.>", "$JS.>"):
            await visitor.nc.subscribe(subject)
            await visitor.nc.flush()
            refusals += 1
        for name in SERVICES:
            if name != service:
                await visitor.nc.subscribe(f"{inbox_of(name)}.>")
                await visitor.nc.flush()
                refusals += 1
        await until(lambda: len(visitor.refused) == refusals, "every refusal")


async def test_a_refusal_is_counted_by_the_service_itself(guarded: Guarded) -> None:
    """A service that tries more than it may shows it in its metrics."""
    registry = CollectorRegistry()
    async with open_broker(guarded.settings("notifier"), Metrics(registry)) as broker:
        await broker.connection.publish("pipeline.started", b"{}")
        await broker.connection.flush()
        await until(lambda: counted(registry, "nats_violations") == 1, "the count")


@pytest.mark.parametrize("who", [{}, {"user": "api", "pass": "wrong"}, {"user": "x", "pass": "x"}])
async def test_nobody_comes_in_without_a_password(guarded: Guarded, who: dict[str, str]) -> None:
    """Anonymous, unknown and wrongly named clients are turned away."""
    host, _, port = guarded.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    await reader.readline()
    writer.write(b"CONNECT %s\r\nPING\r\n" % json.dumps(who | {"verbose": False}).encode())
    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()

    assert b"Authorization Violation" in answer


async def test_the_api_hears_the_advisories(guarded: Guarded) -> None:
    """It fetches what the server says of an ended message, acknowledges it and can read more."""
    asked = sample(events.CaptureRequested)
    async with guarded.client("api") as api, guarded.client("screenshotter") as worker:
        js = api.nc.jetstream()
        stored = await js.publish(asked.subject, seal(asked, "/services/api").body())
        pulled = await worker.nc.jetstream().pull_subscribe_bind("screenshotter", EVENTS)
        [message] = await pulled.fetch(1, timeout=5)
        await message.term()
        advisories = await js.pull_subscribe_bind(ADVISORY_CONSUMER, ADVISORIES)
        named = 0
        while named != message.metadata.sequence.stream:
            [advisory] = await advisories.fetch(1, timeout=5)
            named = json.loads(advisory.data)["stream_seq"]
            await advisory.ack_sync()
        assert (await js.get_msg(EVENTS, stored.seq)).subject == asked.subject
        assert (api.refused, worker.refused) == ([], [])


class Greeting(BaseModel):
    """A question."""

    name: str


async def greet(question: Greeting) -> dict[str, Any]:
    """Answer it."""
    return {"hello": question.name}


async def known(broker: NatsBroker) -> None:
    """Return once the server knows what the broker subscribes to.

    nats-py writes the PING of a flush at once, past a SUB that waits: only a second one follows it.
    """
    for _ in range(2):
        await broker.connection.flush()


async def techub(guarded: Guarded, *arguments: str) -> asyncio.subprocess.Process:
    """Start `techub` as an operator."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "techub_cli",
        *arguments,
        env=os.environ | {"NATS_URL": guarded.url(OPERATORS)},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_operators_ask_and_look(guarded: Guarded) -> None:
    """Questions are answered across the users, and `techub events tail` shows the stream."""
    settings = guarded.settings("api")
    event = sample(events.CaptureRequested).model_copy(update={"login": "for-the-tail"})
    async with open_broker(settings) as broker, guarded.client(OPERATORS) as operator:
        tell = Teller(broker, settings.source)
        service = Service(settings, broker, tell, CollectorRegistry())
        await service.answer("ask.api.greeting", greet)
        await known(broker)
        reply = await operator.nc.request("ask.api.greeting", b'{"name":"ada"}', timeout=5)
        await tell(event)
        assert operator.refused == []
    tail = await techub(
        guarded, "events", "tail", "--json", "--login", event.login, "--since", "1h"
    )
    assert tail.stdout
    line = await asyncio.wait_for(tail.stdout.readline(), 20)
    tail.terminate()
    await tail.communicate()

    assert json.loads(reply.data) == {"ok": True, "hello": "ada"}
    assert json.loads(line)["id"] == str(event.id)


async def test_an_answer_that_breaks(guarded: Guarded) -> None:
    """Whoever asks hears that it did not work, and nothing of what went wrong inside."""

    async def broken(question: Greeting) -> dict[str, Any]:
        message = f"password of {question.name}"
        raise ValueError(message)

    settings = guarded.settings("api")
    async with open_broker(settings) as broker, guarded.client(OPERATORS) as operator:
        tell = Teller(broker, settings.source)
        service = Service(settings, broker, tell, CollectorRegistry())
        await service.answer("ask.api.greeting", broken)
        await known(broker)
        reply = await operator.nc.request("ask.api.greeting", b'{"name":"ada"}', timeout=5)

    answer = json.loads(reply.data)
    assert (answer["ok"], answer["code"]) == (False, "unexpected")
    assert "password" not in answer["error"]


async def test_services_ask_each_other(guarded: Guarded) -> None:
    """The api hears from the generator what it asks, and may ask nobody else anything."""
    settings = guarded.settings("generator")
    async with (
        open_broker(settings) as broker,
        open_broker(guarded.settings("api")) as asking,
        guarded.client("api") as api,
    ):
        service = Service(settings, broker, Teller(broker, settings.source), CollectorRegistry())
        await service.answer(CHECK_GEMINI, greet)
        await known(broker)
        answer = await Asker(asking)(CHECK_GEMINI, Greeting(name="ada"))
        for subject in (LIST_PROVIDERS, "ask.notifier.resend", "ask.api.run"):
            await api.publish(subject)
        await until(lambda: len(api.refused) == 3, "every refusal")

    assert answer == {"ok": True, "hello": "ada"}


async def test_operators_replay_and_drop(guarded: Guarded) -> None:
    """They tell again what a consumer gave up, and `techub dead drop` takes letters away."""
    replayed = sample(events.CaptureRequested)
    sealed = seal(replayed, "/services/api", tell=1)
    async with guarded.client("optimizer") as service, guarded.client(OPERATORS) as operator:
        buried = await service.nc.jetstream().publish("dead.optimizer", b"{}")
        js = operator.nc.jetstream()
        ack = await js.publish(replayed.subject, sealed.body(), headers=sealed.headers())
        drop = await techub(guarded, "dead", "drop", str(buried.seq), "--yes")
        await asyncio.wait_for(drop.communicate(), 20)
        assert (drop.returncode, ack.stream) == (0, EVENTS)
        with pytest.raises(NotFoundError):
            await js.get_msg(DEAD, buried.seq)
        assert operator.refused == []


async def test_the_apis_pages(guarded: Guarded) -> None:
    """They follow the stream, look at everything, replay and drop letters, and see who works."""
    settings = guarded.settings("api")
    replayed = sample(events.AssetCaptured)
    async with (
        open_broker(settings) as broker,
        open_broker(guarded.settings("optimizer")) as worker,
        guarded.client("optimizer") as service,
    ):
        await report(worker.connection, "optimizer", [])
        await worker.connection.flush()
        tell = Teller(broker, settings.source)
        buried = await service.nc.jetstream().publish("dead.optimizer", b"{}")
        follower = Follower(broker.connection)
        await follower.start()
        sealed = seal(replayed, "/services/generator", tell=1)
        await tell.publish(sealed.body(), replayed.subject, EVENTS, sealed.headers())
        heard: list[str] = []
        async with asyncio.timeout(20):
            async for batch in follower.batches():
                heard += [json.loads(message.data)["id"] for message in batch]
                if str(replayed.id) in heard:
                    break
        letters = Letters(broker.connection)
        [letter] = await letters.numbered([buried.seq])
        await letters.drop(letter)
        workers = await workers_of(broker.connection)
        unseen = SimpleNamespace(tell=tell)
        sounding = await Soundings(unseen).take()  # type: ignore[arg-type]  # all it asks for
        refused = broker.connection.last_error

    assert "violation" not in str(refused).lower()
    assert [one.service for one in workers] == ["optimizer"]
    assert len(sounding.consumers) == 6


async def test_operators_change_nothing(guarded: Guarded) -> None:
    """They bury nothing, and neither read nor replace nor delete what a service stands on."""
    async with guarded.client(OPERATORS) as operator:
        subjects = ["pipeline.canceled", "dead.ledger", "$JS.API.STREAM.MSG.DELETE.EVENTS"]
        subjects += [f"$JS.API.STREAM.{verb}.{EVENTS}" for verb in ("UPDATE", "DELETE", "PURGE")]
        subjects += [f"$JS.API.STREAM.{verb}.{DEAD}" for verb in ("UPDATE", "DELETE", "PURGE")]
        for consumer in HEARD_BY.values():
            subjects += [
                f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{consumer.name}",
                f"$JS.API.CONSUMER.CREATE.{EVENTS}.{consumer.name}",
                f"$JS.API.CONSUMER.CREATE.{EVENTS}.{consumer.name}.pipeline.started",
                f"$JS.API.CONSUMER.DURABLE.CREATE.{EVENTS}.{consumer.name}",
                f"$JS.API.CONSUMER.DELETE.{EVENTS}.{consumer.name}",
                f"$JS.ACK.{EVENTS}.{consumer.name}.1.1.1.1.0",
            ]
        for subject in subjects:
            await operator.publish(subject)
        await until(lambda: len(operator.refused) == len(subjects), "every refusal")
        for inbox in map(inbox_of, SERVICES):
            await operator.nc.subscribe(f"{inbox}.>")
        await operator.nc.flush()
        await until(lambda: len(operator.refused) == len(subjects) + len(SERVICES), "inboxes")


async def test_a_name_in_the_subject_is_the_one_in_the_request(guarded: Guarded) -> None:
    """A consumer cannot be replaced under the pretence of making another one."""
    async with guarded.client(OPERATORS) as operator:
        for config in (
            ConsumerConfig(durable_name="generator", filter_subject="asset.failed"),
            ConsumerConfig(name="generator", filter_subject="asset.failed"),
        ):
            body = json.dumps({"stream_name": EVENTS, "config": config.as_dict()}).encode()
            reply = await operator.nc.request(
                f"$JS.API.CONSUMER.CREATE.{EVENTS}.innocent", body, timeout=5
            )
            assert json.loads(reply.data).get("name") != "generator"
    async with guarded.client("api") as api:
        info = await api.nc.jetstream().consumer_info(EVENTS, "generator")
        filters = info.config.filter_subjects or [info.config.filter_subject]
        assert filters == ["pipeline.started"]


def test_the_committed_file_is_what_was_tried() -> None:
    """The server above ran with what is committed."""
    committed = Path(__file__).parents[3] / "deploy/nats/permissions.conf"

    assert committed.read_text("utf-8") == fragment()
