"""`python -m techub_api serve | migrate | token create | access … | storage copy|prune`."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import nats
from nats.errors import Error as NatsError

from techub_api.accounts.access import allow, set_invite
from techub_api.accounts.actions import create_token, user_with_login, vouch_for_address
from techub_api.accounts.sessions import end_sessions_named
from techub_api.objects import command
from techub_api.schema import METADATA
from techub_api.service import opener
from techub_api.settings import MigrationSettings, Settings
from techub_common import log as logging
from techub_common import streams
from techub_common.broker import shown
from techub_common.database import open_sessions, transaction
from techub_common.errors import TecHubError
from techub_common.logins import valid_login
from techub_common.migrations import migrate
from techub_common.permissions import inbox_of
from techub_common.runtime import run
from techub_common.settings import load
from techub_common.storage import prepare_store


def main() -> None:
    """Do what the first argument says; `serve` without one."""
    arguments = _parser().parse_args()
    match arguments.command:
        case "serve" | None:
            settings = load(Settings)
            run(settings, opener(settings))
        case "migrate":
            _end(_migrate(load(MigrationSettings)))
        case "token":
            _end(_token(load(MigrationSettings), arguments))
        case "access":
            _end(_access(load(MigrationSettings), arguments))
        case "storage":
            _end(command.storage(load(MigrationSettings), arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="techub_api", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve HTTP and keep the ledger (the default)")
    commands.add_parser("migrate", help="bring schema, bucket, streams and consumers up to date")
    token = commands.add_parser("token", help="personal tokens")
    create = token.add_subparsers(dest="action", required=True).add_parser("create")
    create.add_argument("login")
    create.add_argument("--name", default="command line")
    create.add_argument("--email", help="set and vouch for the person's address")
    command.add_to(commands)
    access = commands.add_parser("access", help="who may sign in, while ACCESS_POLICY is not open")
    ways = access.add_subparsers(dest="action", required=True)
    ways.add_parser("sign-out", help="end every session of a person").add_argument("login")
    ways.add_parser("allow", help="put logins on the list").add_argument("logins", nargs="+")
    invite = ways.add_parser("invite", help="make an invite, or change how many it lets in")
    invite.add_argument("code")
    invite.add_argument("--seats", type=int, required=True)
    return parser


async def _migrate(settings: MigrationSettings) -> None:
    service_url = settings.database_url.get_secret_value()
    admin = settings.migration_database_url or settings.database_url
    await migrate(
        "techub_api", METADATA, admin.get_secret_value(), service_url, readers=["notifier"]
    )
    await prepare_store(settings)
    try:
        connection = await nats.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=inbox_of(settings.service),
            connect_timeout=5,
            allow_reconnect=False,
        )
    except (OSError, NatsError, TimeoutError) as error:
        message = f"NATS at {shown(settings.nats_url)} does not answer; is NATS_URL right?"
        raise TecHubError(message) from error
    await streams.declare(
        connection.jetstream(),
        ack_wait=settings.ack_wait_seconds,
        replicas=settings.stream_replicas,
    )
    await connection.close()


async def _token(settings: MigrationSettings, arguments: argparse.Namespace) -> None:
    async with (
        open_sessions(settings.database_url.get_secret_value(), pool=1) as sessions,
        transaction(sessions) as session,
    ):
        user = await user_with_login(session, arguments.login)
        if arguments.email:
            await vouch_for_address(session, user, arguments.email)
        token = await create_token(session, user, arguments.name)
    sys.stdout.write(f"{token}\n")


async def _access(settings: MigrationSettings, arguments: argparse.Namespace) -> None:
    async with (
        open_sessions(settings.database_url.get_secret_value(), pool=1) as sessions,
        transaction(sessions) as session,
    ):
        if arguments.action == "allow":
            for login in arguments.logins:
                await allow(session, valid_login(login))
            said = f"{len(arguments.logins)} on the list"
        elif arguments.action == "sign-out":
            ended = await end_sessions_named(session, valid_login(arguments.login))
            said = f"{ended} sessions ended"
        else:
            invite = await set_invite(session, arguments.code, arguments.seats)
            said = f"{invite.code}: {invite.taken} of {invite.seats} seats taken"
    sys.stdout.write(f"{said}\n")


def _end(work: Coroutine[Any, Any, None]) -> None:
    logging.configure("api", "warning", "console")
    try:
        asyncio.run(work)
    except TecHubError as error:
        sys.exit(f"techub_api: {error}")


if __name__ == "__main__":
    main()
