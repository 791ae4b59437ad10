"""Which files are made of a picture, and what they are called."""

from typing import Final, Literal

Format = Literal["png", "webp", "jpeg"]

EXTENSIONS: Final[dict[Format, str]] = {"png": "png", "webp": "webp", "jpeg": "jpg"}
MIMES: Final[dict[Format, str]] = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg"}

# Link previews are read by machines that know nothing newer than JPEG.
_WITH_JPEG: Final = frozenset({"og", "og_pro", "og_1200x630"})


def formats_of(kind: str) -> tuple[Format, ...]:
    """Return the formats of a picture, the one that is never missing first."""
    return ("png", "webp", "jpeg") if kind in _WITH_JPEG else ("png", "webp")


def picture_key(login: str, kind: str, sha256: str, form: Format) -> str:
    """Return where a file with that content lies: the same key never holds other bytes."""
    return f"generated/{login.lower()}/{kind}-{sha256[:12]}.{EXTENSIONS[form]}"


def meta_key(login: str, kind: str, sha256: str) -> str:
    """Return where it is written what the picture was made from."""
    return f"generated/{login.lower()}/meta/{kind}-{sha256[:12]}.json"


def avatar_key(sha256: str, form: Format) -> str:
    """Return where an avatar of that content lies."""
    return f"avatars/{sha256}.{EXTENSIONS[form]}"
