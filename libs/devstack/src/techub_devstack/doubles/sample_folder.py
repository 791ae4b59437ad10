"""A folder of GitHub's answers, one directory per login, with dates that stay true.

`<login>/{user,repos,repos.page2…,orgs,events,social,pinned,contributions,languages,readme}.json`
and `avatars/<login>.{png,jpg}`. In the text of an answer `{{days_ago:12.5}}` becomes an instant
and `{{date:12}}` a day, both counted back from the last midnight UTC, so that an answer keeps its
ETag for a day.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from techub_devstack.doubles.json_document import Json

MARKER = re.compile(r"\{\{(days_ago|date):(-?[0-9.]+)\}\}")
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


class SampleFolder:
    """The answers below one directory; logins are compared as GitHub does, without case."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def logins(self) -> list[str]:
        """Return the people (and organisations) that have a user.json, in order."""
        found = (path for path in sorted(self.directory.iterdir()) if path.is_dir())
        return [path.name for path in found if (path / "user.json").exists()]

    def folder_of(self, login: str) -> Path | None:
        """Return the directory of a login that GitHub would know."""
        spelled = (known for known in self.logins() if known.lower() == login.lower())
        return next((self.directory / known for known in spelled), None)

    def read(self, login: str, name: str) -> Json | None:
        """Return an answer, its dates rendered, or None when the folder does not have it."""
        folder = self.folder_of(login)
        path = folder / f"{name}.json" if folder else None
        if path is None or not path.exists():
            return None
        return _read(path, path.stat().st_mtime_ns, datetime.now(UTC).date())

    def pages(self, login: str, name: str) -> list[list[Any]]:
        """Return the recorded pages of a list: `name.json`, `name.page2.json` and so on."""
        pages: list[list[Any]] = []
        while (page := self.read(login, _page_name(name, len(pages) + 1))) is not None:
            pages.append(page)
        return pages

    def repositories(self, login: str) -> Iterator[dict[str, Any]]:
        """Return all repositories recorded for a login."""
        for page in self.pages(login, "repos"):
            yield from page

    def login_of(self, account_id: int) -> str | None:
        """Return whose account has this number."""
        for login in self.logins():
            if (self.read(login, "user") or {}).get("id") == account_id:
                return login
        return None

    def avatar(self, login: str) -> tuple[bytes, str] | None:
        """Return a picture and its media type; `avatars` may lie in the folder or beside it."""
        for directory in (self.directory / "avatars", self.directory.parent / "avatars"):
            for path in sorted(directory.iterdir()) if directory.is_dir() else []:
                if path.stem.lower() == login.lower() and path.suffix in PICTURES:
                    return path.read_bytes(), PICTURES[path.suffix]
        return None


@lru_cache(maxsize=512)
def _read(path: Path, changed: int, today: date) -> Json:  # noqa: ARG001 - part of the key
    """Nobody may change what this returns: it is shared."""
    return json.loads(rendered(path.read_text("utf-8"), today=today))


def rendered(text: str, *, today: date) -> str:
    """Return the text with its date markers replaced."""
    midnight = datetime.combine(today, time(), UTC)

    def render(marker: re.Match[str]) -> str:
        instant = midnight - timedelta(days=float(marker[2]))
        return f"{instant:%Y-%m-%d}" if marker[1] == "date" else f"{instant:%Y-%m-%dT%H:%M:%SZ}"

    return MARKER.sub(render, text)


def _page_name(name: str, page: int) -> str:
    return name if page == 1 else f"{name}.page{page}"
