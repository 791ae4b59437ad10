"""`techub notifications`: mails that wait for a person, and what can be done about them."""

from typing import Annotated

import typer
from nats.aio.client import Client
from pydantic import BaseModel

from techub_cli.connection import ask
from techub_cli.notification_lines import delivery_line, delivery_shown
from techub_cli.running import print_json, run_connected
from techub_cli.screen import Screen, plain
from techub_common.asks import (
    DROP_NOTIFICATION,
    LIST_NOTIFICATIONS,
    RESEND_NOTIFICATION,
    SHOW_NOTIFICATION,
    ActOnNotification,
    NotificationRequest,
    NotificationsRequest,
)

app = typer.Typer(no_args_is_help=True, help="Mails: which wait for a person, and why.")

Named = Annotated[
    str, typer.Argument(metavar="ID", help="A delivery's id; its first part will do.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.callback()
def notifications() -> None:
    """Mails: which wait for a person, and why."""


@app.command("list")
def list_deliveries(
    context: typer.Context,
    *,
    state: Annotated[
        str | None, typer.Option(help="pending, delivered, skipped, refused, parked …")
    ] = None,
    login: Annotated[str | None, typer.Option(help="Only those about this login.")] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="Only this run; the first part of its id will do.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the newest first; without a filter those that are parked or tried again.

    Exit code: 0, also when there are none; 1 when the notifier does not answer.
    """
    question = NotificationsRequest(state=state, login=login, run=run_id, limit=limit)

    async def work(client: Client) -> int:
        answer = await ask(client, LIST_NOTIFICATIONS, question)
        if as_json:
            print_json(answer)
            return 0
        screen = Screen()
        for delivery in answer["deliveries"]:
            screen.show(delivery_line(delivery))
        if not answer["deliveries"]:
            screen.print("no delivery fits")
        return 0

    run_connected(context, work, as_json=as_json)


@app.command("show")
def show_delivery(context: typer.Context, name: Named, *, as_json: AsJson = False) -> None:
    """Show a delivery and the mail as it was frozen; addresses are not shown."""

    async def work(client: Client) -> int:
        answer = await ask(client, SHOW_NOTIFICATION, NotificationRequest(delivery=name))
        if as_json:
            print_json(answer)
        else:
            screen = Screen()
            for line in delivery_shown(answer):
                screen.show(line)
        return 0

    run_connected(context, work, as_json=as_json)


@app.command("resend")
def resend_delivery(
    context: typer.Context, name: Named, *, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Send a parked, refused or dropped mail again; says whether it could be a second one."""
    _act(context, RESEND_NOTIFICATION, ActOnNotification(delivery=name, really=yes), as_json)


@app.command("drop")
def drop_delivery(
    context: typer.Context, name: Named, *, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Give a parked or waiting mail up for good; the person counts as told."""
    _act(context, DROP_NOTIFICATION, ActOnNotification(delivery=name, really=yes), as_json)


def _act(context: typer.Context, subject: str, question: BaseModel, as_json: bool) -> None:
    async def work(client: Client) -> int:
        answer = await ask(client, subject, question)
        if as_json:
            print_json(answer)
            return 0
        screen = Screen()
        screen.show(delivery_line(answer["delivery"]))
        done = answer["done"]
        screen.print(plain(answer["note"] if done else f"would be {answer['note']}"))
        if not done:
            screen.print("nothing has been done yet; --yes does it")
        return 0

    run_connected(context, work, as_json=as_json)
