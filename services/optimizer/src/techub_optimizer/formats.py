"""Which files are made of a picture, and what they are called."""

from typing import Final, Literal

Format = Literal["png", "webp", "jpeg", "avif", "thumbnail"]

EXTENSIONS: Final[dict[Format, str]] = {
    "png": "png",
    "webp": "webp",
    "jpeg": "jpg",
    "avif": "avif",
    "thumbnail": "webp",
}
MIMES: Final[dict[Format, str]] = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "avif": "image/avif",
    "thumbnail": "image/webp",
}
THUMBNAIL_WIDTH: Final = 480

# Link previews are read by machines that know nothing newer than JPEG.
_WITH_JPEG: Final = frozenset({"og", "og_pro", "og_1200x630"})


def formats_of(kind: str, *, avif: bool = False) -> tuple[Format, ...]:
    """Return the files of a picture, the one that is never missing first."""
    share: tuple[Format, ...] = ("jpeg",) if kind in _WITH_JPEG else ()
    newest: tuple[Format, ...] = ("avif",) if avif else ()
    return ("png", "webp", *share, *newest, "thumbnail")


def size_of(form: Format, width: int, height: int) -> tuple[int, int]:
    """Return width and height of a file of a picture; thumbnails are 480 pixels wide at most."""
    if form != "thumbnail" or width <= THUMBNAIL_WIDTH:
        return width, height
    return THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width))


def picture_key(login: str, kind: str, sha256: str, form: Format) -> str:
    """Return where a file with that content lies: the same key never holds other bytes."""
    return f"generated/{login.lower()}/{kind}-{sha256[:12]}.{EXTENSIONS[form]}"


def meta_key(login: str, kind: str, sha256: str) -> str:
    """Return where it is written what the picture was made from."""
    return f"generated/{login.lower()}/meta/{kind}-{sha256[:12]}.json"


def avatar_key(sha256: str, form: Format) -> str:
    """Return where an avatar of that content lies."""
    return f"avatars/{sha256}.{EXTENSIONS[form]}"
