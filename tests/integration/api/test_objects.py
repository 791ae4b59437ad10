"""Whole stores: copied, tested, and rid of what no row names."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from techub_api.app import create_app
from techub_api.objects.copying import AT_ONCE, Progress, copy_objects
from techub_api.objects.probing import Probe, described
from techub_api.objects.pruning import Pruned, prune
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_common.errors import Away
from techub_common.storage import Entry, FolderStore
from tests.integration.api.conftest import start_run
from tests.integration.api.facts import captured, card, recorded

DAYS = timedelta(days=30)
OLD = "generated/pip/og-ffffffffffff.webp"


@pytest.fixture
async def folder(resources: Resources) -> FolderStore:
    """Give the store of a profile with every picture, all of it forty days old."""
    assert isinstance(resources.objects, FolderStore)
    store = resources.objects
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in resources.variants:
        await keep_ledger(await captured(resources, run_id, kind), resources)
        made = recorded(run_id, kind)
        for file in made.renditions:
            await store.put(file.object_key, file.format.encode(), file.mime)
        await store.put(f"generated/pip/meta/{kind}-0123456789ab.json", b"{}", "application/json")
        await keep_ledger(made, resources)
    for key in (OLD, "avatars/old.png", "generated/pip/meta/og-ffffffffffff.json", "backups/a"):
        await store.put(key, b"old", "image/webp")
    async for entry in store.entries():
        aged(store, entry.key, 40)
    return store


def aged(store: FolderStore, key: str, days: float) -> None:
    """Make an object so many days old."""
    then = time.time() - days * 86_400
    os.utime(store.path_of(key), (then, then))


async def keys_of(store: FolderStore) -> set[str]:
    """Return every key."""
    return {entry.key async for entry in store.entries()}


async def test_what_no_row_names_goes(resources: Resources, folder: FolderStore) -> None:
    """Current pictures, their notes, what the next run knows, and backups stay; the rest goes."""
    before = await keys_of(folder)
    would = await prune(folder, resources.sessions, DAYS, really=False)
    untouched = await keys_of(folder)
    pruned = await prune(folder, resources.sessions, DAYS)
    after = await keys_of(folder)

    gone = before - after
    assert untouched == before
    assert would == pruned
    assert pruned.objects == len(gone)
    assert {OLD, "avatars/old.png", "generated/pip/meta/og-ffffffffffff.json"} <= gone
    assert all("/captures/" in key for key in gone if key.startswith("runs/"))
    assert {key for key in after if key.startswith("generated/")} == {
        *(
            f"generated/pip/{kind}-aaaaaaaaaaaa.{form}"
            for kind in resources.variants
            for form in ("png", "webp")
        ),
        *(f"generated/pip/meta/{kind}-0123456789ab.json" for kind in resources.variants),
    }
    assert any(key.endswith("pull_github_data.json") for key in after)
    assert "backups/a" in after
    assert await prune(folder, resources.sessions, DAYS) == Pruned()


async def test_what_is_new_stays(resources: Resources, folder: FolderStore) -> None:
    """A file may wait a day for a row that names it; runs' stay thirty, failures' seven."""
    await prune(folder, resources.sessions, DAYS)
    for key, days in ((OLD, 0.9), ("avatars/old.png", 1.1)):
        await folder.put(key, b"x", "image/webp")
        aged(folder, key, days)
    for key, days in (("runs/a/captures/b.png", 29.0), ("runs/a/captures/c.png", 31.0)):
        await folder.put(key, b"x", "image/png")
        aged(folder, key, days)
    for key, days in (("debug/a/og/page.html", 6.9), ("debug/b/og/page.html", 7.1)):
        await folder.put(key, b"x", "text/html")
        aged(folder, key, days)

    assert (await prune(folder, resources.sessions, DAYS)).objects == 3
    after = await keys_of(folder)
    assert {OLD, "runs/a/captures/b.png", "debug/a/og/page.html"} <= after


async def test_stored_again_meanwhile(resources: Resources, folder: FolderStore) -> None:
    """A file that is stored again while others are deleted stays: its row is on the way."""

    class Busy(FolderStore):
        async def look(self, key: str) -> Entry | None:
            if key == OLD:
                await self.put(key, b"old", "image/webp")
            return await super().look(key)

    await prune(Busy(folder.root), resources.sessions, DAYS)

    assert OLD in await keys_of(folder)


async def test_copy(folder: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A copy has every object; doing it again copies nothing, and only what is missing."""
    target = FolderStore(tmp_path_factory.mktemp("target"))
    seen: list[int] = []
    first = await copy_objects(folder, target, "", lambda progress: seen.append(progress.copied))
    again = await copy_objects(folder, target, "", lambda _: None)
    await target.delete(OLD)
    await target.put("avatars/old.png", b"cut", "image/png")
    await target.put("avatars/old.png", b"cu", "image/png")
    mended = await copy_objects(folder, target, "", lambda _: None)
    part = await copy_objects(folder, target, "backups/", lambda _: None)

    keys = await keys_of(folder)
    assert first.copied == len(keys) == seen[-1]
    assert await keys_of(target) == keys
    assert (again.copied, again.present) == (0, len(keys))
    assert mended.copied == 2
    assert part.present == 1
    for key in keys:
        assert await target.get(key) == await folder.get(key)


async def test_a_copy_that_breaks_off(
    folder: FolderStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """When a store goes the copy says so; what was copied stays, and the next one goes on."""

    class Fragile(FolderStore):
        left = 5

        async def put(self, key: str, content: bytes, mime: str) -> None:
            self.left -= 1
            if self.left < 0:
                raise Away("the target is away")
            await super().put(key, content, mime)

    target = Fragile(tmp_path_factory.mktemp("target"))
    last = Progress()

    def told(progress: Progress) -> None:
        nonlocal last
        last = progress

    with pytest.raises(Away, match="the target is away"):
        await copy_objects(folder, target, "", told)
    assert last.copied <= 5 < AT_ONCE
    there = await keys_of(target)
    assert last.copied == len(there)  # nothing arrives after the copy has said how far it came
    target.left = 1000
    rest = await copy_objects(folder, target, "", told)

    assert rest.present == len(there)
    assert await keys_of(target) == await keys_of(folder)


@pytest.fixture
async def outside(resources: Resources) -> AsyncIterator[httpx2.AsyncClient]:
    """Give somebody outside who asks the api, as a probe does."""
    transport = httpx2.ASGITransport(create_app(resources))
    async with httpx2.AsyncClient(transport=transport) as http:
        yield http


async def test_probe(resources: Resources, outside: httpx2.AsyncClient) -> None:
    """A store that works passes every step, and nothing of the probe is left."""
    steps = await Probe(resources.objects, resources.settings, outside).run()

    assert [step["problem"] for step in steps] == [None] * len(steps)
    assert [entry async for entry in resources.objects.entries()] == []
    shown = described(resources.settings)
    assert shown["app_host"] == shown["read_at"] == "https://techub.test"
    assert shown["store"].startswith("the folder /")


async def test_probe_of_a_store_that_is_away(
    resources: Resources, outside: httpx2.AsyncClient
) -> None:
    """Each step that fails says why, naming the setting."""
    nowhere = FolderStore(Path("/nowhere/at/all"))
    steps = await Probe(nowhere, resources.settings, outside).run()

    failed = {step["step"]: step["problem"] for step in steps if not step["works"]}
    assert "STORAGE_URL" in failed["write"]
    assert "public_base_url" in failed["read by its public address"]


async def test_probe_of_an_open_bucket(resources: Resources) -> None:
    """A bucket that shows private objects to anybody does not pass."""
    folder = resources.objects
    assert isinstance(folder, FolderStore)

    async def careless(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=await folder.get(urlsplit(str(request.url)).path[1:]))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(careless)) as http:
        steps = await Probe(folder, resources.settings, http).run()

    [failed] = [step for step in steps if not step["works"]]
    assert failed["step"] == "private objects are private"
    assert "close the bucket" in failed["problem"]


async def test_the_command(
    resources: Resources, folder: FolderStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`techub_api storage copy` copies, says how much, and refuses what cannot be meant."""
    target = tmp_path_factory.mktemp("target")
    environment = os.environ | {
        "NATS_URL": "nats://127.0.0.1:1",
        "DATABASE_URL": resources.settings.database_url.get_secret_value(),
        "STORAGE_URL": folder.root.as_uri(),
    }
    ours = folder.root.as_uri()
    done = await ended(environment, "copy", "--from", ours, "--to", target.as_uri(), "--json")
    same = await ended(environment, "copy", "--from", ours)
    wrong = await ended(environment, "copy", "--from", "ftp://somewhere", "--to", ours)
    would = await ended(environment, "prune", "--dry-run")

    keys = await keys_of(folder)
    assert (done[0], json.loads(done[1])["copied"]) == (0, len(keys))
    assert await keys_of(FolderStore(target)) == keys
    assert (same[0], same[2]) == (1, "techub_api: --from and --to name the same store\n")
    assert wrong[0] == 1
    assert wrong[2].startswith("techub_api: --from must be file:///folder or s3://bucket")
    assert would[0] == 0
    assert would[1].endswith("would go\n")


async def ended(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    """Return how `techub_api storage …` ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "techub_api", "storage", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()
