"""The object store: keys in, bytes out; what it holds under one key never changes."""

from techub_common.storage.contract import ObjectStore
from techub_common.storage.folder import FolderStore
from techub_common.storage.keys import FOR_EVER, PUBLIC_PREFIXES, is_public, missing
from techub_common.storage.opening import open_store, prepare_store

__all__ = (
    "FOR_EVER",
    "PUBLIC_PREFIXES",
    "FolderStore",
    "ObjectStore",
    "is_public",
    "missing",
    "open_store",
    "prepare_store",
)
