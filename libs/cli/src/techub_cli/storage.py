"""`techub storage`: where pictures and artifacts are, and whether that place works."""

from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table
from rich.text import Text

from techub_cli.answers import read
from techub_cli.connection import Server, ask, connected
from techub_cli.running import print_json, run
from techub_cli.screen import Screen, plain
from techub_common.asks import PROBE_STORAGE, SHOW_STORAGE, StorageRequest

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

PROBE_WITHIN = 60.0

app = typer.Typer(no_args_is_help=True, help="The object store: where it is, and whether it works.")


class StorageShown(BaseModel):
    """Where objects are and who may read them."""

    app_host: str
    store: str
    read_at: str
    public_prefixes: tuple[str, ...] = ()
    policy_kept: bool = False


class StepTaken(BaseModel):
    """One promise of the store, put to the test."""

    step: str
    works: bool
    duration_ms: int
    problem: str | None = None


class Probed(BaseModel):
    """What came of every step."""

    works: bool
    steps: tuple[StepTaken, ...]


@app.callback()
def storage() -> None:
    """The object store: where it is, and whether it works."""


@app.command()
def info(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print APP_HOST, the store, and where public files are read.

    Exit code: 0 when the api answered.
    """
    server: Server = context.obj
    run(lambda: _info(server, as_json=as_json), as_json=as_json)


@app.command()
def probe(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Write, read, list and delete an object, and read it by its public address.

    The api does it, with its own credentials and from where it runs.

    Exit code: 0 when every step worked, 1 when one did not.
    """
    server: Server = context.obj
    run(lambda: _probe(server, as_json=as_json), as_json=as_json)


async def _info(server: Server, *, as_json: bool) -> int:
    async with connected(server) as client:
        answer = await ask(client, SHOW_STORAGE, StorageRequest())
    if as_json:
        print_json(answer)
        return 0
    shown = read(StorageShown, answer)
    table = Table.grid(padding=(0, 2))
    table.add_row("APP_HOST", plain(shown.app_host))
    table.add_row("store", plain(shown.store))
    table.add_row("public", plain(", ".join(shown.public_prefixes)))
    table.add_row("read at", plain(shown.read_at))
    if shown.policy_kept:
        table.add_row("policy", "kept as it is (policy=keep)")
    Screen().print(table)
    return 0


async def _probe(server: Server, *, as_json: bool) -> int:
    async with connected(server) as client:
        answer = await ask(client, PROBE_STORAGE, StorageRequest(), within=PROBE_WITHIN)
    probed = read(Probed, answer)
    if as_json:
        print_json(answer)
    else:
        table = Table.grid(padding=(0, 2))
        for one in probed.steps:
            mark = Text("works", "green") if one.works else Text("fails", "red")
            said = Text(plain(one.problem or ""), overflow="fold")
            table.add_row(mark, plain(one.step), f"{one.duration_ms} ms", said)
        Screen().print(table)
    return 0 if probed.works else 1
