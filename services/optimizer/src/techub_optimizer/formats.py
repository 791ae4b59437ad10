"""Which files are made of a picture, and what they are called."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Webp:
    """How a WebP is made: its quality (0 to 100) and how long is searched (0 to 6)."""

    quality: int = 76
    effort: int = 4


USUAL: Final = Webp()
WEBPS: Final = {
    "card": Webp(75),
    "x_profile_400": Webp(74, 6),
    "x_header_1500x500": Webp(73),
    "ig_landscape_1080x566": Webp(76, 6),
    "fb_cover_851x315": Webp(71, 6),
    "linkedin_cover_1584x396": Webp(74, 6),
}
"""Small pictures full of text, which the usual way leaves larger than half of Chromium's JPEG of
quality 85; each is still no less like its capture than that (`benchmarks/bytes.py`)."""


def webp_of(kind: str) -> Webp:
    """Return how the picture's WebP is made."""
    return WEBPS.get(kind, USUAL)


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
