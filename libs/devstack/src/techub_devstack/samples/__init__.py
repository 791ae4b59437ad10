"""Invented people in the shapes of GitHub's answers; `libs/devstack/scripts` makes them."""

from pathlib import Path
from typing import Final

DIR: Final = Path(__file__).parent

DEFAULT: Final = "juniper-fogwhistle"
POPULAR: Final = "odessa-brightforge"
TINY: Final = "pip-tealeaf"
UNICODE: Final = "hoshino-kaeru-labs"
RIGHT_TO_LEFT: Final = "layla-of-the-dunes"
NO_AVATAR: Final = "hollow-lantern-dev"
ORGANISATION: Final = "saltmarsh-collective"
NOT_ELIGIBLE: Final = "ghost-town-2049"

ELIGIBLE: Final = (DEFAULT, POPULAR, TINY, UNICODE, RIGHT_TO_LEFT, NO_AVATAR, ORGANISATION)
LOGINS: Final = (*ELIGIBLE, NOT_ELIGIBLE)
