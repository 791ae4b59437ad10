"""Accounts made while the system runs, so that every case has a login of its own."""

import itertools
import shutil
from pathlib import Path

from techub_devstack import samples

LIKE = samples.TINY
LIKE_ID = "178220904"
FIRST_ID = 800_000_000
_numbers = itertools.count()


def newcomer(folder: Path, name: str) -> str:
    """Put an account like the tiny sample into a folder of GitHub's answers; return its login."""
    number = next(_numbers)
    login = f"{name}-{number}"
    new_id = str(FIRST_ID + number)
    draft = folder / f".{login}"  # the double lists what is there: it must be there as a whole
    draft.mkdir(parents=True)
    for source in (samples.DIR / LIKE).iterdir():
        text = source.read_text("utf-8").replace(LIKE, login).replace(LIKE_ID, new_id)
        (draft / source.name).write_text(text, "utf-8")
    avatars = folder / "avatars"
    avatars.mkdir(exist_ok=True)
    shutil.copy(samples.DIR / "avatars" / f"{LIKE}.png", avatars / f"{login}.png")
    draft.rename(folder / login)
    return login
