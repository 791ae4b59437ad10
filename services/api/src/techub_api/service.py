"""Puts the api together: the ledger's consumer, the relay, the feed and the HTTP server."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from techub_api.app import create_app
from techub_api.doctor.checks import checks
from techub_api.doctor.probing import Probes
from techub_api.metrics import OpenRuns
from techub_api.objects.pruning import ObjectPruning
from techub_api.operators import answers, snapshots
from techub_api.ops import routes as ops_routes
from techub_api.resources import open_resources
from techub_api.runs.handlers import ledger
from techub_api.schema import INBOX, OUTBOX
from techub_api.settings import Settings
from techub_api.spending.gauges import SpentToday
from techub_api.submissions.refreshing import Refresh
from techub_api.sweep.advisories import Advisories
from techub_api.sweep.sweeping import Sweep
from techub_common import asks
from techub_common.backlog import Backlog
from techub_common.doctor.answering import answering_doctor
from techub_common.doctor.rounds import ask_everybody
from techub_common.health import server_for
from techub_common.outbox import Relay
from techub_common.pruning import Pruning
from techub_common.runtime import Service
from techub_common.streams import LEDGER

LEDGER_SLOTS = 1  # what waits is taken together, so nobody waits for the lock of a run
LEDGER_TOGETHER = 100


def opener(settings: Settings) -> Callable[[Service], AbstractAsyncContextManager[None]]:
    """Return what opens the service with these settings."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        async with open_resources(service, settings) as resources:
            service.provide(resources=resources)
            app = create_app(resources)
            service.hear_together(
                LEDGER, ledger(resources), slots=LEDGER_SLOTS, most=LEDGER_TOGETHER
            )
            service.loops += [
                Relay(resources.outbox, resources.sessions, service.tell).run,
                resources.feed.run,
                Backlog(resources.outbox, resources.sessions, service.registry).run,
                OpenRuns(resources.sessions, service.registry).run,
                SpentToday(settings, resources.sessions, service.registry).run,
                Sweep(resources, service.jetstream).run,
                Refresh(resources).run,
                Advisories(resources, service.jetstream).run,
                Pruning(resources.sessions, OUTBOX, INBOX).run,
                ObjectPruning(resources).run,
                *ops_routes.loops(app, resources),
            ]
            if settings.probe_seconds:
                service.loops.append(Probes(resources, lambda: ask_everybody(service.client)).run)
            server = server_for(app, settings.http_port, host="0.0.0.0")  # noqa: S104  # behind the ingress
            service.servers.append(server.run_until)
            await service.answer(asks.RUN_PIPELINE, answers.run_pipeline)
            await service.answer(asks.SHOW_RUN, answers.show)
            await service.answer(asks.CANCEL_RUN, answers.cancel_run)
            await service.answer(asks.RETRY_RUN, answers.retry_run)
            await service.answer(asks.SHOW_STORAGE, answers.show_storage)
            await service.answer(asks.PROBE_STORAGE, answers.probe_storage)
            await service.answer(asks.SHOW_SPENDING, answers.show_spending)
            await service.answer(asks.SHOW_FILES, snapshots.show_files)
            await service.answer(asks.SHOW_FILE, snapshots.show_file)
            async with answering_doctor(service, checks(service, resources)):
                yield

    return open_service
