"""`techub_api storage copy | prune`: what is done to whole stores, from a shell."""

import argparse
import json
import sys
import time
from datetime import timedelta
from typing import Final

from techub_api.objects.copying import Progress, copy_objects
from techub_api.objects.pruning import prune
from techub_api.settings import MigrationSettings
from techub_common.database import open_sessions
from techub_common.errors import Permanent
from techub_common.settings import StorageSettings
from techub_common.storage import open_store, prepare_store

SHOW_EVERY: Final = 1.0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Give the command its arguments."""
    storage = commands.add_parser("storage", help="whole stores: copy one, or tidy ours up")
    ways = storage.add_subparsers(dest="action", required=True)
    copy = ways.add_parser(
        "copy",
        help="copy every object to another store; again, to go on",
        epilog="The source's keys: FROM_AWS_ACCESS_KEY_ID and FROM_AWS_SECRET_ACCESS_KEY, "
        "where they are not those of the target.",
    )
    copy.add_argument("--from", dest="source", required=True, metavar="URL", help="a STORAGE_URL")
    copy.add_argument("--to", dest="target", metavar="URL", help="ours when it is left out")
    copy.add_argument("--prefix", default="", help="only keys that begin so")
    tidy = ways.add_parser("prune", help="delete what no row names")
    tidy.add_argument("--dry-run", action="store_true", help="say how much, delete nothing")
    for way in (copy, tidy):
        way.add_argument("--json", action="store_true", dest="as_json")


async def storage(settings: MigrationSettings, arguments: argparse.Namespace) -> None:
    """Do what the arguments say and print what came of it; raise Away, Permanent."""
    if arguments.action == "copy":
        done = await _copy(settings, arguments)
        words = (
            f"{done['copied']} objects copied ({done['bytes'] / 1e6:.1f} MB), {done['present']} "
            f"were there already"
        )
    else:
        done = await _prune(settings, really=not arguments.dry_run)
        verb = "would go" if arguments.dry_run else "deleted"
        words = f"{done['objects']} objects ({done['bytes'] / 1e6:.1f} MB) {verb}"
    sys.stdout.write(f"{json.dumps(done) if arguments.as_json else words}\n")


async def _copy(settings: MigrationSettings, arguments: argparse.Namespace) -> dict[str, int]:
    target = _place(settings, "--to", arguments.target or settings.storage_url)
    source = _place(_with_own_keys(settings), "--from", arguments.source)
    if str(source.storage_place) == str(target.storage_place):
        message = "--from and --to name the same store"
        raise Permanent(message, code="storage_refused")
    await prepare_store(target)
    async with open_store(source) as one, open_store(target) as other:
        progress = await copy_objects(one, other, arguments.prefix, _Shown())
    return {
        "copied": progress.copied,
        "present": progress.present,
        "gone": progress.gone,
        "bytes": progress.bytes,
    }


async def _prune(settings: MigrationSettings, *, really: bool) -> dict[str, int]:
    keep = timedelta(days=settings.run_artifacts_days)
    url = settings.database_url.get_secret_value()
    async with open_store(settings) as objects, open_sessions(url, pool=2) as sessions:
        pruned = await prune(objects, sessions, keep, really=really)
    return {"objects": pruned.objects, "bytes": pruned.bytes}


def _with_own_keys(settings: MigrationSettings) -> StorageSettings:
    """Return the settings with the keys that are for the source alone, where there are any."""
    key, secret = settings.from_aws_access_key_id, settings.from_aws_secret_access_key
    if not key or not secret:
        return settings
    return settings.model_copy(update={"aws_access_key_id": key, "aws_secret_access_key": secret})


def _place(settings: StorageSettings, option: str, url: str) -> StorageSettings:
    place = settings.model_copy(update={"storage_url": url})
    try:
        _ = place.storage_place
    except ValueError as error:
        message = f"{option} {error}"
        raise Permanent(message, code="storage_refused") from None
    return place


class _Shown:
    """Says on a terminal, or now and then in a log, how far it has come."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= SHOW_EVERY:
            self._last = now
            end = "\r" if sys.stderr.isatty() else "\n"
            sys.stderr.write(
                f"{progress.copied} copied, {progress.present} were there, "
                f"{progress.bytes / 1e6:.1f} MB{end}"
            )
            sys.stderr.flush()
