"""`techub events tail`: the stream as it grows, or from a moment in its past on."""

from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated

import typer

from techub_cli.connection import Server, connected
from techub_cli.following import Follower
from techub_cli.lines import line_for
from techub_cli.running import print_line, run, say
from techub_cli.screen import Screen
from techub_cli.since import moment
from techub_cli.told import Told, Wanted, read

app = typer.Typer(no_args_is_help=True, help="What is being told on the stream.")


@app.callback()
def events() -> None:
    """What is being told on the stream."""


@app.command()
def tail(
    context: typer.Context,
    *,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="Only these subjects: asset.recorded, pipeline.*; may be repeated."),
    ] = None,
    login: Annotated[str | None, typer.Option(help="Only runs of this GitHub login.")] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="Only this run; the first part of its id will do.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Only what this service tells: api, generator, …")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Begin in the past: 10m, 1h30m, 2d ago, or at an ISO time."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the CloudEvents as they are, one per line.")
    ] = False,
) -> None:
    """Show every event of the stream as it is told, until Ctrl-C.

    Nothing is left out or repeated, also when the broker restarts.

    Exit code: 0 after Ctrl-C or when the reader of a pipe has seen enough;
    1 when NATS does not answer.
    """
    server: Server = context.obj
    start = _start(since)
    wanted = Wanted(login=login, run=run_id, service=service)
    run(
        lambda: _tail(server, subject or [], wanted, start, as_json=as_json),
        as_json=as_json,
        endless=True,
    )


async def _tail(
    server: Server,
    patterns: list[str],
    wanted: Wanted,
    since: datetime | None,
    *,
    as_json: bool,
) -> int:
    screen = Screen()

    def show(told: Told) -> None:
        if as_json:
            print_line(told.as_json())
        else:
            screen.show(line_for(told, datetime.now(UTC)))

    async with connected(server) as client:
        follower = Follower(client, patterns=patterns, notice=say)
        await follower.start(since)
        async with aclosing(follower.messages()) as messages:
            async for message in messages:
                told = read(message)
                if told in wanted:
                    show(told)
    return 0


def _start(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        return moment(since, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error
