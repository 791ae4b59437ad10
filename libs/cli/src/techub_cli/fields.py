"""The fields of what is told, by the names an operator gives them."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from techub_cli.told import Told
from techub_common import events

Tree = dict[str, "Tree | None"]
"""What may stand below a name; None is anything at all."""

TELLING: Final[Mapping[str, Callable[[Told], object]]] = {
    "time": lambda told: told.cloud.get("time") or told.stored_at.isoformat(),
    "service": lambda told: told.service,
    "subject": lambda told: told.subject,
    "login": lambda told: told.login,
    "run": lambda told: told.run_id,
    "type": lambda told: told.cloud.get("type"),
    "id": lambda told: told.cloud.get("id"),
    "source": lambda told: told.cloud.get("source"),
    "cause": lambda told: told.cloud.get("causationid"),
    "trace": lambda told: f"{told.cloud.get('traceparent')}--".split("-")[1],
    "tell": lambda told: told.tell,
    "sequence": lambda told: told.sequence,
}
"""What every telling has; `subject` is the one on NATS, as in `--subject`."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name: one of `TELLING`, or a path into the data (`data.` may be left out)."""

    name: str
    path: tuple[str, ...] = ()

    def values(self, told: Told) -> list[str]:
        """Return what stands there as text; of a list on the way, what stands in each of it."""
        found = _below(told.cloud.get("data"), self.path) if self.path else [self._of(told)]
        return [_text(value) for value in found if value is not None]

    def _of(self, told: Told) -> object:
        return TELLING[self.name](told)


def field_named(name: str) -> Field:
    """Return the field; raise ValueError that names the one nobody tells, and one like it."""
    if name in TELLING:
        return Field(name)
    path = tuple(name.removeprefix("data.").split("."))
    if not _is_told(path):
        known = [*TELLING, *_paths(_told())]
        close = difflib.get_close_matches(name.removeprefix("data."), known, n=1)
        hint = f"; do you mean {close[0]!r}?" if close else f"; there are {', '.join(TELLING)} and"
        more = "" if close else f" of the data {', '.join(_told())}"
        message = f"nothing that is told has a field {name!r}{hint}{more}"
        raise ValueError(message)
    return Field(name, path)


def _below(value: object, path: tuple[str, ...]) -> Iterator[object]:
    if isinstance(value, list):
        for one in value:
            yield from _below(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _below(value.get(path[0]), path[1:])


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_told(path: tuple[str, ...]) -> bool:
    tree: Tree | None = _told()
    for name in path:
        if tree is None:
            return True
        if name not in tree:
            return False
        tree = tree[name]
    return True


def _paths(tree: Tree, prefix: str = "") -> Iterator[str]:
    for name, below in tree.items():
        yield f"{prefix}{name}"
        if below:
            yield from _paths(below, f"{prefix}{name}.")


@cache
def _told() -> Tree:
    """Return every field of the data of every event there is."""
    tree: Tree = {}
    for event in events.ALL:
        schema = event.model_json_schema()
        _merge(tree, _tree(schema, schema.get("$defs", {})) or {})
    return tree


def _merge(into: Tree, other: Tree) -> None:
    for name, below in other.items():
        known = into.setdefault(name, below)
        if known is not None and below is not None:
            _merge(known, below)
        elif below is None:
            into[name] = None


def _tree(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Tree | None:
    """Return what may stand below a value of this JSON schema."""
    if place := schema.get("$ref"):
        return _tree(shapes[place.rpartition("/")[2]], shapes)
    if "items" in schema:
        return _tree(schema["items"], shapes)
    tree: Tree = {}
    for choice in schema.get("anyOf", ()):
        below = _tree(choice, shapes)
        if below is None:
            return None
        _merge(tree, below)
    if schema.get("additionalProperties") or (
        schema.get("type") == "object" and "properties" not in schema
    ):
        return None
    for name, below in schema.get("properties", {}).items():
        tree[name] = _tree(below, shapes)
    return tree
