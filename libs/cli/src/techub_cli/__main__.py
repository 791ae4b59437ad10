"""`techub`: reads NATS_URL and NATS_CREDS, and hands over to the groups of commands."""

import io
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from techub_cli import (
    dead,
    email,
    events,
    gemini,
    notifications,
    pipeline,
    runs,
    screenshots,
    storage,
)
from techub_cli.connection import Server
from techub_cli.doctor import doctor

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The operators' command of TecHub.",
)
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(runs.app, name="runs")
app.add_typer(screenshots.app, name="screenshots")
app.add_typer(events.app, name="events")
app.add_typer(dead.app, name="dead")
app.add_typer(notifications.app, name="notifications")
app.add_typer(email.app, name="email")
app.add_typer(gemini.app, name="gemini")
app.add_typer(storage.app, name="storage")
app.command()(doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"techub {version('techub-cli')}")
        raise typer.Exit


@app.callback()
def techub(
    context: typer.Context,
    *,
    server: Annotated[
        str | None, typer.Option(envvar="NATS_URL", show_envvar=True, help="Where NATS is.")
    ] = None,
    creds: Annotated[
        Path | None,
        typer.Option(envvar="NATS_CREDS", show_envvar=True, help="The operators' credentials."),
    ] = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The operators' command of TecHub."""
    del show_version
    context.obj = Server(server, creds)


def main() -> None:
    """Do what the arguments say and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
