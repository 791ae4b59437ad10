"""Opens what STORAGE_URL names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from techub_common import tracing
from techub_common.settings import StorageSettings
from techub_common.storage.contract import WholeStore
from techub_common.storage.folder import FolderStore
from techub_common.storage.traced import TracedStore
from techub_common.storage_url import Bucket


@asynccontextmanager
async def open_store(settings: StorageSettings) -> AsyncIterator[WholeStore]:
    """Yield the store; raise Permanent `storage_refused` when it does not let us in.

    One that is not there yet is waited for by those who use it.
    """
    place = settings.storage_place
    if isinstance(place, Bucket):
        async with _s3().open_bucket(settings, place) as store:
            yield _watched(store)
    else:
        folder = FolderStore(place.root)
        await folder.begin()
        yield _watched(folder)


def _watched(store: WholeStore) -> WholeStore:
    return TracedStore(store) if tracing.is_noted() else store


async def prepare_store(settings: StorageSettings) -> None:
    """Make a bucket ready, its public prefixes readable; a folder is ready when it is mounted.

    Raises Permanent `storage_refused`, or Away.
    """
    place = settings.storage_place
    if isinstance(place, Bucket):
        await _s3().prepare_bucket(settings, place)


def _s3() -> Any:  # noqa: ANN401  # a module
    """Return the door to S3, opened only by those who go through it: it costs 30 MB."""
    return import_module("techub_common.storage.s3")
