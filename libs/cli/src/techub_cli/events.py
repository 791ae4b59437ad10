"""`techub events tail`: the stream as it grows, or from a moment in its past on."""

import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

import typer
from nats.aio.client import Client

from techub_cli.beginnings import OF_THE_STREAM, beginning_of
from techub_cli.conditions import condition
from techub_cli.connection import Server, connected
from techub_cli.following import Follower
from techub_cli.lines import line_for
from techub_cli.running import run, say
from techub_cli.screen import Screen
from techub_cli.template import Template, template
from techub_cli.told import Told, Wanted, read
from techub_common.errors import TecHubError
from techub_common.since import moment

ASKED_WITHIN: Final = 3.0

T = TypeVar("T")
Show = Callable[[Sequence[Told]], None]

app = typer.Typer(no_args_is_help=True, help="What is being told on the stream.")


@app.callback()
def events() -> None:
    """What is being told on the stream."""


@app.command()
def tail(  # noqa: PLR0913  # one per option
    context: typer.Context,
    *,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="Only these subjects: asset.recorded, pipeline.*; may be repeated."),
    ] = None,
    login: Annotated[str | None, typer.Option(help="Only runs of this GitHub login.")] = None,
    run_id: Annotated[
        str | None,
        typer.Option(
            "--run", help="Only this run, from its beginning; the first part of its id will do."
        ),
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Only what this service tells: api, generator, …")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help="Only where a field is so: stage=capture, status!=completed, message~'timed? out'"
            " (a regular expression), code!~github; may be repeated, all must hold.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Begin in the past: 10m, 1h30m, 2d ago, or at an ISO time."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="TEXT", help="Print this line: '{time} {login:<16} {stage}'."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the CloudEvents as they are, one per line.")
    ] = False,
) -> None:
    """Show every event of the stream as it is told, until Ctrl-C.

    Nothing is left out or repeated, also when the broker restarts.

    Fields of --where and --template are time, service, subject, login,
    run, type, id, source, cause, trace, tell and sequence, and every
    field of an event's data: variant, or data.variant, or policy.notify.

    Exit code: 0 after Ctrl-C or when the reader of a pipe has seen enough;
    1 when NATS does not answer; 2 when a field or a time is not known.
    """
    server: Server = context.obj
    if as_json and form is not None:
        message = "either --json or --template"
        raise typer.BadParameter(message, param_hint="--template")
    start = _meant("--since", lambda: moment(since, datetime.now(UTC)) if since else None)
    conditions = _meant("--where", lambda: [condition(text) for text in where or ()])
    line = _meant("--template", lambda: None if form is None else template(form))
    wanted = Wanted(login=login, run=run_id, service=service, conditions=conditions)
    show = _json if as_json else _lines(line) if line else _pretty(Screen())
    run(lambda: _tail(server, subject or [], wanted, start, show), as_json=as_json, endless=True)


async def _tail(
    server: Server, patterns: list[str], wanted: Wanted, since: datetime | None, show: Show
) -> int:
    async with connected(server) as client:
        follower = Follower(client, patterns=patterns, notice=say)
        if since is None and wanted.run:
            since = await _beginning(client, wanted.run)
        await follower.start(since)
        async with aclosing(follower.batches()) as batches:
            async for batch in batches:
                if shown := [told for told in map(read, batch) if told in wanted]:
                    show(shown)
    return 0


async def _beginning(client: Client, run: str) -> datetime:
    try:
        return await beginning_of(client, run, within=ASKED_WITHIN)
    except TecHubError as error:
        say(f"{error}; so the stream is read from its beginning")
        return OF_THE_STREAM


def _pretty(screen: Screen) -> Show:
    def show(batch: Sequence[Told]) -> None:
        today = datetime.now(UTC)
        screen.show_all(line_for(told, today) for told in batch)

    return show


def _lines(template: Template) -> Show:
    def show(batch: Sequence[Told]) -> None:
        _print("".join(f"{template.fill(told)}\n" for told in batch))

    return show


def _json(batch: Sequence[Told]) -> None:
    sys.stdout.buffer.write(b"".join(told.as_json() + b"\n" for told in batch))
    sys.stdout.flush()


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _meant(option: str, meant: Callable[[], T]) -> T:
    """Return what the words of an option mean; end with 2 and a sentence when they mean nothing."""
    try:
        return meant()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
