"""`techub screenshots`: take pictures of the card there is, those that would come out different."""

from typing import Annotated, Final

import typer

from techub_cli.connection import Server
from techub_cli.pipeline import AsJson, Force, start
from techub_cli.running import run
from techub_common.asks import RunRequest

RECIPE: Final = "screenshot_refresh"
CORE: Final = ("og", "card", "simple")

NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not follow the run to its end.")]
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="A GitHub login that has a card.")]

app = typer.Typer(no_args_is_help=True, help="Take pictures of the card there is.")


@app.callback()
def screenshots() -> None:
    """Take pictures of the card there is."""


@app.command()
def capture(  # one per option
    context: typer.Context,
    login: Login,
    variant: Annotated[str, typer.Argument(metavar="VARIANT", help="og, card, tcg, …")],
    *,
    force: Force = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Take one picture of LOGIN's card and publish it.

    A picture on which nothing has changed is kept, unless forced.

    Exit code: as of `pipeline run --wait`: 0 the picture is there.
    """
    _take(context.obj, login, (variant,), force=force, wait=not no_wait, as_json=as_json)


@app.command("capture-all")
def capture_all(  # one per option
    context: typer.Context,
    login: Login,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every variant there is.")] = False,
    force: Force = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Take the pictures og, card and simple of LOGIN's card that are missing or out of date.

    Doing it again changes nothing.

    Exit code: as of `pipeline run --wait`: 0 all of them are there.
    """
    wanted = None if every else CORE
    _take(context.obj, login, wanted, force=force, wait=not no_wait, as_json=as_json)


def _take(  # the options of both commands
    server: Server,
    login: str,
    variants: tuple[str, ...] | None,
    *,
    force: bool,
    wait: bool,
    as_json: bool,
) -> None:
    request = RunRequest(login=login, recipe=RECIPE, variants=variants, force=force)
    run(lambda: start(server, request, wait=wait, as_json=as_json), as_json=as_json)
