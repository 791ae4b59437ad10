"""The one script that runs in a card's page: it makes every text fit, then says it is ready."""

from importlib.resources import files
from typing import Final, TypedDict

SCRIPT: Final = files("techub_cards").joinpath("fit.js").read_text(encoding="utf-8")
"""JavaScript that evaluates to a promise of a `FitReport`."""


class FitReport(TypedDict):
    """What the script found: what it declared ready, what would not fit, whether all is blank."""

    ready: str
    overflows: list[str]
    blank: bool
