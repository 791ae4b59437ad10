"""The object store: keys in, bytes out; what it holds under one key never changes."""

from techub_common.storage.contract import Entry, Found, ObjectStore, WholeStore
from techub_common.storage.folder import FolderStore
from techub_common.storage.keys import (
    FOR_EVER,
    FOR_MINUTES,
    PUBLIC_PREFIXES,
    is_public,
    lifetime_of,
    missing,
)
from techub_common.storage.mimes import mime_of
from techub_common.storage.opening import open_store, prepare_store

__all__ = (
    "FOR_EVER",
    "FOR_MINUTES",
    "PUBLIC_PREFIXES",
    "Entry",
    "FolderStore",
    "Found",
    "ObjectStore",
    "WholeStore",
    "is_public",
    "lifetime_of",
    "mime_of",
    "missing",
    "open_store",
    "prepare_store",
)
