"""Gathers the files of a picture into what a page hangs on its wall."""

from collections.abc import Sequence
from dataclasses import dataclass

from techub_api.pictures.assets import AssetShown
from techub_api.runs.queries import PictureShown
from techub_api.runs.sentences import ARTWORK_LABELS
from techub_cards.variants import VARIANTS
from techub_common.events import ARTWORKS

SMALLEST_FIRST = ("avif", "webp", "jpeg", "png")
THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture in every format it is kept in, the smallest first."""

    variant: str
    label: str
    width: int
    height: int
    files: tuple[PictureShown, ...]
    thumbnail: PictureShown | None = None

    @property
    def plain(self) -> PictureShown:
        """Return the file every browser can show."""
        return self.files[-1]

    @property
    def shared(self) -> PictureShown:
        """Return the file for previews elsewhere: JPEG where there is one."""
        return next((file for file in self.files if file.format == "jpeg"), self.plain)


def frames(pictures: Sequence[PictureShown]) -> dict[str, Frame]:
    """Return the card's pictures by variant, in the order in which variants are captured."""
    known = {name: place for place, name in enumerate(VARIANTS)}
    names = sorted(
        {picture.variant for picture in pictures} - set(ARTWORKS),
        key=lambda name: (known.get(name, len(known)), name),
    )
    return {name: _frame(name, pictures) for name in names}


def artworks(pictures: Sequence[PictureShown]) -> dict[str, Frame]:
    """Return what a model drew, by kind."""
    drawn = {picture.variant for picture in pictures}
    return {kind: _frame(kind, pictures) for kind in ARTWORKS if kind in drawn}


def smallest(assets: Sequence[AssetShown]) -> dict[str, AssetShown]:
    """Return the smallest whole file of each picture."""
    whole = [asset for asset in assets if asset.format != THUMBNAIL]
    return {asset.kind: asset for asset in sorted(whole, key=lambda one: -one.bytes)}


def label_of(variant: str) -> str:
    """Return what people call a variant."""
    if variant in ARTWORK_LABELS:
        return ARTWORK_LABELS[variant].removeprefix("the ").capitalize()
    known = VARIANTS.get(variant)
    return known.label if known else variant.replace("_", " ").capitalize()


def _frame(name: str, pictures: Sequence[PictureShown]) -> Frame:
    own = [picture for picture in pictures if picture.variant == name]
    files = sorted(
        (picture for picture in own if picture.format != THUMBNAIL),
        key=lambda picture: (
            SMALLEST_FIRST.index(picture.format) if picture.format in SMALLEST_FIRST else -1
        ),
    )
    thumbnail = next((picture for picture in own if picture.format == THUMBNAIL), None)
    return Frame(name, label_of(name), files[-1].width, files[-1].height, tuple(files), thumbnail)
