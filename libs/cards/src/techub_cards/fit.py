"""The one script that runs in a card's page: it makes every text fit, then says it is ready."""

from importlib.resources import files
from typing import Final, TypedDict

SCRIPT: Final = files("techub_cards").joinpath("fit.js").read_text(encoding="utf-8")
"""JavaScript that evaluates to a promise of a `FitReport`."""


class FitReport(TypedDict):
    """What the script found: the variant it declared ready, the texts that would not fit, and
    whether there is nothing to see.
    """

    ready: str
    overflows: list[str]
    blank: bool
