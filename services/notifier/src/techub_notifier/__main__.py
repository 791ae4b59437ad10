"""The notifier's command: `serve` (what it does without a word) and `migrate`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from techub_common import asks, log
from techub_common.doctor.answering import answering_doctor
from techub_common.errors import TecHubError
from techub_common.migrations import migrate
from techub_common.runtime import Service, run
from techub_common.settings import load
from techub_common.streams import NOTIFIER
from techub_notifier import desk
from techub_notifier.doctor import checks
from techub_notifier.handlers import notifier
from techub_notifier.resources import open_resources
from techub_notifier.settings import MigrationSettings, Settings
from techub_notifier.tables import METADATA

SLOTS = 2
TOGETHER = 25  # ends that wait are kept in one transaction


def main() -> None:
    """Serve, or bring the schema up to date."""
    match sys.argv[1:]:
        case [] | ["serve"]:
            serve(load(Settings))
        case ["migrate"]:
            bring_up_to_date(load(MigrationSettings))
        case _:
            sys.exit("usage: techub_notifier [serve | migrate]")


def serve(settings: Settings) -> None:
    """Tell people how runs ended until SIGTERM."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        async with open_resources(service, settings) as resources:
            service.provide(resources=resources)
            service.hear_together(NOTIFIER, notifier(resources), slots=SLOTS, most=TOGETHER)
            await service.answer(asks.LIST_NOTIFICATIONS, desk.list_notifications)
            await service.answer(asks.SHOW_NOTIFICATION, desk.show_notification)
            await service.answer(asks.RESEND_NOTIFICATION, desk.resend_notification)
            await service.answer(asks.DROP_NOTIFICATION, desk.drop_notification)
            await service.answer(asks.SMOKE_EMAIL, desk.smoke)
            async with answering_doctor(service, checks(service, settings, resources)):
                yield

    run(settings, open_service)


def bring_up_to_date(settings: MigrationSettings) -> None:
    """Make role, schema and tables, or change them to what this version needs."""
    log.configure(settings.service, settings.log_level, settings.log_format)
    service_url = settings.database_url.get_secret_value()
    admin_url = settings.migration_database_url
    try:
        asyncio.run(
            migrate(
                "techub_notifier",
                METADATA,
                admin_url.get_secret_value() if admin_url else service_url,
                service_url,
            )
        )
    except TecHubError as error:
        sys.exit(f"techub: {error}")


if __name__ == "__main__":
    main()
