"""What a run left in the object store, named for a person; opened by a click, one at a time."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from techub_api.objects.forgetting import folders_of
from techub_api.runs.sentences import title_of
from techub_common.storage import WholeStore, mime_of

NAMES: Final[Mapping[str, str]] = {
    "pull_github_data.json": "What GitHub said, summed up",
    "evaluate_eligibility.json": "Eligibility, signal by signal",
    "generate_ai_profile.json": "The card: traits, who wrote them, every prompt and answer",
    "describe_avatar.json": "What a model saw in the avatar",
}
TEXT: Final = re.compile(r'^( *)("(?:[^"\\]|\\.)*": )?("(?:[^"\\]|\\.)*")(,?)$', re.MULTILINE)
PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One private object of a run."""

    key: str
    label: str
    size: int

    @property
    def is_picture(self) -> bool:
        """Return whether it is looked at rather than read."""
        return self.key.endswith(PICTURES)


async def artifacts_of(objects: WholeStore, run_id: UUID) -> Sequence[Artifact]:
    """Return what lies in the run's folders, what is read before what is looked at."""
    found = [
        Artifact(entry.key, _label(entry.key), entry.size)
        for folder in folders_of(run_id)
        async for entry in objects.entries(folder)
    ]
    return sorted(found, key=lambda one: (one.is_picture, _place(one.key), one.key))


def is_of(key: str, run_id: UUID) -> bool:
    """Return whether the key lies in one of the run's folders."""
    return key.startswith(folders_of(run_id)) and ".." not in key


def legible(key: str, content: bytes) -> str:
    """Return the object as text: JSON indented, its longer texts line by line; else as it is."""
    if key.endswith(".json"):
        try:
            indented = json.dumps(json.loads(content), indent=2, ensure_ascii=False)
            return TEXT.sub(_line_by_line, indented)
        except (ValueError, RecursionError):
            pass
    return content.decode(errors="backslashreplace")


def mime_for(key: str) -> str:
    """Return what it is sent as: pictures as they are, the rest as text that nothing runs."""
    return mime_of(key) if key.endswith(PICTURES) else "text/plain; charset=utf-8"


def _line_by_line(found: re.Match[str]) -> str:
    """Return a text of several lines as a block below its key, as YAML does."""
    indent, name, text, comma = found.groups(default="")
    lines = json.loads(text).split("\n")
    if len(lines) == 1:
        return found.group()
    return "\n".join([f"{indent}{name}|", *(f"{indent}  {line}" for line in lines)]) + comma


def _place(key: str) -> int:
    known = [*NAMES]
    name = key.rpartition("/")[2]
    return known.index(name) if name in known else len(known)


def _label(key: str) -> str:
    name = "/".join(key.split("/")[2:])
    if name in NAMES:
        return NAMES[name]
    stem = name.removesuffix(".json")
    if stem.startswith("view-"):
        return "The card view the pictures are taken of"
    titled = title_of(stem) if name.endswith(".json") and "/" not in stem else name
    return f"{titled} (failed capture)" if key.startswith("debug/") else titled
