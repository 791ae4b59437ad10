"""Runs a service: opens what it needs, keeps its loops turning, and leaves cleanly on SIGTERM."""

import asyncio
import functools
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
import uvloop
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js import JetStreamContext
from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry

from techub_common import log as logging
from techub_common import tracing
from techub_common.broker import (
    Handler,
    Listener,
    Teller,
    TogetherHandler,
    listen,
    listen_together,
    open_broker,
)
from techub_common.delivery import GaveUp, Retried, Road
from techub_common.errors import Away, TecHubError, code_of
from techub_common.health import Check, health_app, server_for
from techub_common.metrics import Metrics
from techub_common.settings import CommonSettings
from techub_common.streams import Consumer
from techub_common.tasks import end
from techub_common.working import report

log = structlog.get_logger()

GRACE_SECONDS: Final = 25.0
CLOSED_CHECK_SECONDS: Final = 1.0
SIDE_BY_SIDE: Final = 4
"""A question that every replica answers does not wait for the answer to the one before."""

Loop = Callable[[], Coroutine[Any, Any, None]]
Answer = Callable[..., Awaitable[dict[str, Any]]]
Serve = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass
class Service:
    """What a service is made of while it runs; `open_service` functions fill it in.

    `loops` run for as long as the process lives and are cancelled at the end, `servers` get the
    stop event and end by themselves, `checks` answer `/readyz`.
    """

    settings: CommonSettings
    broker: NatsBroker
    tell: Teller
    registry: CollectorRegistry
    metrics: Metrics = field(default_factory=Metrics)
    road: Road = field(default_factory=Road)
    listeners: list[Listener] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    servers: list[Serve] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def jetstream(self) -> JetStreamContext:
        """Return JetStream itself, for those who look after streams."""
        stream: JetStreamContext = self.broker.config.connection_state.stream
        return stream

    @property
    def client(self) -> Client:
        """Return the connection itself, for those who ask everybody at once."""
        connection: Client = self.broker.config.connection_state.connection
        return connection

    def provide(self, **resources: object) -> None:
        """Make the resources available to handlers by `Annotated[..., Context()]` and name."""
        for name, resource in resources.items():
            self.broker.context.set_global(name, resource)

    def hear(
        self,
        consumer: Consumer,
        handler: Handler,
        *,
        slots: int,
        gave_up: GaveUp | None = None,
        retried: Retried | None = None,
    ) -> None:
        """Give the consumer's events to the handler, at most `slots` at a time."""
        self.listeners.append(
            listen(
                self.broker,
                self.tell,
                consumer,
                handler,
                slots=slots,
                ack_wait=self.settings.ack_wait_seconds,
                road=self.road,
                gave_up=gave_up,
                retried=retried,
                metrics=self.metrics,
            )
        )

    def hear_together(
        self, consumer: Consumer, handler: TogetherHandler, *, slots: int, most: int
    ) -> None:
        """Give the consumer's events to the handler, at most `most` in each of `slots` hands."""
        self.listeners.append(
            listen_together(
                self.broker,
                self.tell,
                consumer,
                handler,
                slots=slots,
                most=most,
                ack_wait=self.settings.ack_wait_seconds,
                road=self.road,
                metrics=self.metrics,
            )
        )

    async def answer(self, subject: str, handler: Answer, *, every_replica: bool = False) -> None:
        """Answer a question on a core subject: `{"ok": true, ...}`, or the error's code and text.

        Replicas share the questions, unless `every_replica` is to answer each of them. An error
        nobody expected is logged and answered as `unexpected`: who asks does not wait in vain.
        """

        async def reply(*arguments: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401
            with tracing.request(f"answer {subject}"):
                try:
                    answer = {"ok": True, **await handler(*arguments, **named)}
                except TecHubError as error:
                    answer = {"ok": False, "code": code_of(error), "error": str(error)}
                except Exception:
                    log.exception("question_failed", subject=subject)
                    said = f"the {self.settings.service} could not answer; its log says why"
                    answer = {"ok": False, "code": "unexpected", "error": said}
            self.metrics.answered(subject, well=answer["ok"])
            return answer

        subscriber = (
            self.broker.subscriber(subject, max_workers=SIDE_BY_SIDE)
            if every_replica
            else self.broker.subscriber(subject, queue=self.settings.service)
        )
        subscriber(functools.wraps(handler)(reply))
        await subscriber.start()


OpenService = Callable[[Service], AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def opened(settings: CommonSettings) -> AsyncIterator[Service]:
    """Yield a service that is connected and does nothing yet; raise Away."""
    registry = CollectorRegistry()
    for collector in (GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR):
        registry.register(collector)
    metrics = Metrics(registry)
    async with open_broker(settings, metrics) as broker:
        tell = Teller(broker, settings.source, metrics)
        service = Service(settings, broker, tell, registry, metrics, Road(metrics))
        service.checks["nats"] = lambda: _connected(broker)
        service.loops.append(lambda: _while_open(broker))
        yield service


def run(settings: CommonSettings, open_service: OpenService) -> None:
    """Run the service until SIGTERM or SIGINT and exit 0; exit 1 when it cannot go on."""
    logging.configure(settings.service, settings.log_level, settings.log_format)
    try:
        with tracing.exported(settings):
            uvloop.run(_run(settings, open_service))
    except* TecHubError as group:
        for error in _flat(group):
            log.error("service_ended", error=str(error))  # noqa: TRY400  # one line, no traceback
        sys.exit(1)


async def _run(settings: CommonSettings, open_service: OpenService) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with opened(settings) as service, open_service(service):
        await report(service.tell.connection, settings.service, service.listeners)
        await _turn(service, stop)
    log.info("service_stopped")


async def _turn(service: Service, stop: asyncio.Event) -> None:
    """Keep every listener, loop and server running until `stop`; one that dies ends them all."""
    closing = asyncio.Event()
    health = server_for(
        health_app(service.checks, service.registry),
        service.settings.health_port,
        host="0.0.0.0",  # noqa: S104  # probes come from the node
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(health.run_until(closing))
        loops = [tasks.create_task(_endless(loop)) for loop in service.loops]
        for listener in service.listeners:
            tasks.create_task(listener.run())
        for server in service.servers:
            tasks.create_task(server(stop))
        log.info("service_started", health_port=service.settings.health_port)
        await stop.wait()
        log.info("service_stopping")
        await asyncio.gather(*(listener.stop(GRACE_SECONDS) for listener in service.listeners))
        await end(loops)
        closing.set()


async def _endless(loop: Loop) -> None:
    await loop()
    message = "a background loop ended"
    raise RuntimeError(message)


async def _while_open(broker: NatsBroker) -> None:
    """Raise Away once nats-py has closed the connection for good: it does not come back then."""
    while not broker.connection.is_closed:  # noqa: ASYNC110  # nats-py has no event for it
        await asyncio.sleep(CLOSED_CHECK_SECONDS)
    message = "NATS closed the connection for good; are the credentials still valid?"
    raise Away(message)


async def _connected(broker: NatsBroker) -> None:
    if not broker.connection.is_connected:
        message = "JetStream is not connected"
        raise Away(message)


def _flat(group: BaseExceptionGroup[Any]) -> Sequence[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_flat(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


__all__ = ("OpenService", "Service", "opened", "run")
