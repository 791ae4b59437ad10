"""What a key may be, and which objects anybody may read."""

from typing import Final

from techub_common.errors import Permanent

PUBLIC_PREFIXES: Final = ("generated/", "avatars/")
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_MINUTES: Final = "public, max-age=300"
DRAFTS: Final = ".drafts"  # where a folder keeps what is not an object yet

LONGEST_KEY: Final = 1024  # S3's limit
LONGEST_PART: Final = 240  # a file name's limit, less what a draft adds to it; both in bytes


def is_public(key: str) -> bool:
    """Return whether anybody may read the object."""
    return key.startswith(PUBLIC_PREFIXES)


def lifetime_of(key: str) -> str:
    """Return the Cache-Control of a public object: pictures never change, notes about them may."""
    return FOR_MINUTES if "/meta/" in key else FOR_EVER


def checked(key: str) -> str:
    """Return the key; raise Permanent `bad_key` for one that some store could not hold.

    Keys are paths of printable characters without empty, `.` and `..` parts.
    """
    parts = key.split("/")
    if (
        not key.isprintable()
        or any(part in {"", ".", ".."} for part in parts)
        or parts[0] == DRAFTS
        or len(key.encode()) > LONGEST_KEY
        or any(len(part.encode()) > LONGEST_PART for part in parts)
    ):
        raise bad_key(key)
    return key


def bad_key(key: str) -> Permanent:
    """Return the error for a key that cannot hold an object."""
    return Permanent(f"{key[:LONGEST_PART]!r} is not an object key", code="bad_key")


def missing(key: str) -> Permanent:
    """Return the error for a key that holds nothing."""
    return Permanent(f"the object {key} is not in the store", code="object_missing")
