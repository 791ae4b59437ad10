"""`techub runs`: a run's files in a folder, and what two runs differ in."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import Annotated, Any, Final, cast

import typer
from nats.aio.client import Client

from techub_cli.comparing import CARD, Known, compared
from techub_cli.comparison import drawn
from techub_cli.pipeline import AsJson, RunNamed
from techub_cli.running import print_json, run_connected
from techub_cli.screen import Screen, plain, size
from techub_cli.snapshots import Snapshot, placed, snapshot_of
from techub_common.errors import Permanent

IN_MEMORY: Final = 1 << 20

app = typer.Typer(no_args_is_help=True, help="Take runs home and compare them.")


@app.callback()
def runs() -> None:
    """Take runs home and compare them."""


@app.command()
def export(
    context: typer.Context,
    what: RunNamed,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="The folder; else one named RUN.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write everything there is of a run into a new folder.

    `run.json`, `steps.json`, `pictures.json` and `story.json` are what the ledger
    keeps, `told.json` what the api told; below `runs/` lie what each stage of the
    generator made and the captures, below `debug/` the papers of failed captures,
    below `generated/` the public pictures. A folder that is there is not touched.

    Exit code: 0 when the folder is whole; 1 when there is no such run,
    the folder is there already, or nobody answers.
    """
    run_connected(context, lambda client: _export(client, what, to, as_json), as_json=as_json)


@app.command()
def diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="A run's id, or a login.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The run to compare it with.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show what two runs differ in.

    That is how they were asked for, what each step came to and how long it took,
    the card's words and numbers, and the pictures, by their bytes.

    Exit code: 0 when both could be compared, whatever they differ in.
    """
    run_connected(context, lambda client: _diff(client, first, second, as_json), as_json=as_json)


async def _export(client: Client, what: str, to: Path | None, as_json: bool) -> int:
    snapshot = await snapshot_of(client, what.removeprefix("@"))
    folder = to or Path(str(snapshot.run_id))
    if folder.exists():
        message = f"{folder} is there already; say another one by --to"
        raise Permanent(message, code="folder_exists")
    try:
        await _write(snapshot, folder)
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        raise Permanent(message, code="folder_unwritable") from error
    count, total = len(snapshot.files), sum(file.bytes for file in snapshot.files)
    if as_json:
        found = {"ok": True, "run_id": str(snapshot.run_id), "folder": str(folder)}
        print_json(found | {"files": count, "bytes": total})
    else:
        Screen().print(f"{plain(folder)}: {count} files, {size(total)}")
    return 0


async def _write(snapshot: Snapshot, folder: Path) -> None:
    """Make the folder, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
        whole = Path(name) / folder.name
        for file in snapshot.files:
            path = placed(whole, file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                await snapshot.pour(file.name, target)
        whole.rename(folder)


async def _diff(client: Client, first: str, second: str, as_json: bool) -> int:
    one, other = [await _known(client, what.removeprefix("@")) for what in (first, second)]
    found = compared(one, other)
    if as_json:
        ids = {"a": one.run["id"], "b": other.run["id"]}
        print_json({"ok": True, "same": found.is_same} | ids | asdict(found))
    else:
        Screen().print(drawn(one, other, found))
    return 0


async def _known(client: Client, what: str) -> Known:
    snapshot = await snapshot_of(client, what)
    card = next((name for name in snapshot.names if CARD.fullmatch(name)), None)
    return Known(
        run=await _document(snapshot, "run.json"),
        steps=tuple(await _document(snapshot, "steps.json")),
        pictures=tuple(await _document(snapshot, "pictures.json")),
        card=await _document(snapshot, card) if card else None,
        names=snapshot.names,
    )


async def _document(snapshot: Snapshot, name: str) -> Any:  # noqa: ANN401  # JSON
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        await snapshot.pour(name, cast("Any", file))
        file.seek(0)
        try:
            return json.load(file)
        except ValueError as error:
            message = f"{name} of the run {snapshot.run_id} is no JSON; do the versions match?"
            raise Permanent(message, code="unreadable_answer") from error
