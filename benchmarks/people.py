"""Samples under logins the stack has not seen yet, so that nothing measured was made before."""

import shutil
from pathlib import Path

from techub_devstack import samples


def crowd(folder: Path, count: int) -> list[str]:
    """Write `count` accounts like the popular sample, each with a login and an id of its own."""
    folder.mkdir(parents=True)
    (folder / "avatars").mkdir()
    logins = [f"benchmark-person-{number}" for number in range(count)]
    for number, login in enumerate(logins):
        (folder / login).mkdir()
        for source in (samples.DIR / samples.POPULAR).iterdir():
            text = source.read_text("utf-8").replace(samples.POPULAR, login)
            (folder / login / source.name).write_text(
                text.replace('"id": 10274663', f'"id": {90_000_000 + number}'), "utf-8"
            )
        shutil.copy(
            samples.DIR / "avatars" / f"{samples.POPULAR}.png", folder / "avatars" / f"{login}.png"
        )
    return logins
