"""As much GraphQL as a client's query needs: parse the selection, answer what was selected."""

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from techub_devstack.doubles.json_document import Json

TOKEN = re.compile(
    r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\])*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\$\w+|[{}()\[\]:!=@|]'
)
OBJECTS = ("User", "Organization")  # fragments on anything else always fit
COMMENT = re.compile(r"#[^\n]*")


class QueryError(Exception):
    """The query does not parse, or asks for a field that is not there."""

    def __init__(self, message: str, path: list[str] | None = None) -> None:
        super().__init__(message)
        self.path = path or []


@dataclass(slots=True)
class Selection:
    """One selected field: what it is called in the answer, its arguments, what is below it."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    below: list["Selection"] = field(default_factory=list)
    on: str | None = None  # the type a fragment is for


class _Reader:
    def __init__(self, query: str, variables: dict[str, Any]) -> None:
        self._tokens = TOKEN.findall(COMMENT.sub("", query))
        self._variables = variables
        self._at = 0
        self.fragments: dict[str, list[Selection]] = {}

    def operation(self) -> list[Selection]:
        """Return the selection of the first operation, fragments put in their places."""
        found: list[Selection] | None = None
        while self._at < len(self._tokens):
            kind = self._take() if self._peek() != "{" else "query"
            name = self._take() if kind == "fragment" else ""
            while self._peek() != "{":
                self._skip()
            selected = self._selections()
            if kind == "fragment":
                self.fragments[name] = selected
            else:
                found = found if found is not None else selected
        if found is None:
            message = "A query attribute must be specified and must be a string."
            raise QueryError(message)
        return self._spread(found)

    def _selections(self) -> list[Selection]:
        self._expect("{")
        selected: list[Selection] = []
        while self._peek() != "}":
            selected.extend(self._selection())
        self._expect("}")
        return selected

    def _selection(self) -> list[Selection]:
        name = self._take()
        if name == "...":
            if self._peek() == "on":
                self._take()
                kind = self._take()
                inside = self._selections()
                for selection in inside:
                    selection.on = selection.on or kind
                return inside
            if self._peek() == "{":
                return self._selections()
            return [Selection(name=f"...{self._take()}", alias="")]
        alias = name
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments = self._arguments() if self._peek() == "(" else {}
        while self._peek() == "@":
            self._at += 2
            if self._peek() == "(":
                self._arguments()
        below = self._selections() if self._peek() == "{" else []
        return [Selection(name, alias, arguments, below)]

    def _arguments(self) -> dict[str, Any]:
        self._expect("(")
        arguments = {}
        while self._peek() != ")":
            name = self._take()
            self._expect(":")
            arguments[name] = self._value()
        self._expect(")")
        return arguments

    def _value(self) -> Json:
        token = self._take()
        if token.startswith("$"):
            return self._variables.get(token[1:])
        if token.startswith('"'):
            return token.strip('"')
        if token in {"[", "{"}:
            close = {"[": "]", "{": "}"}[token]
            inside = []
            while self._peek() != close:
                inside.append(self._take())
            self._take()
            return inside
        return int(token) if re.fullmatch(r"-?\d+", token) else token

    def _skip(self) -> None:
        """Skip a token before the selection; a bracketed list of variables as a whole."""
        if self._take() == "(":
            while self._take() != ")":
                pass

    def _spread(self, selected: list[Selection]) -> list[Selection]:
        flat: list[Selection] = []
        for selection in selected:
            if selection.name.startswith("..."):
                flat.extend(self._spread(copy.deepcopy(self.fragments.get(selection.name[3:], []))))
            else:
                selection.below = self._spread(selection.below)
                flat.append(selection)
        return flat

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            message = "Expected one of SCHEMA, SCALAR, QUERY, actual: (none)"
            raise QueryError(message)
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            message = f"Expected {token}, actual: {found}"
            raise QueryError(message)


def parse(query: str, variables: dict[str, Any]) -> list[Selection]:
    """Return what the query selects, variables filled in."""
    return _Reader(query, variables).operation()


def select(found: Json, selected: list[Selection], kind: str = "Query") -> Json:
    """Return the selected part of a document; a field it does not have is an error."""
    if isinstance(found, list):
        return [select(item, selected, kind) for item in found]
    if not isinstance(found, dict) or not selected:
        return found
    kind = found.get("__typename", kind)
    answer = {}
    for selection in selected:
        if selection.on not in (None, kind) and kind in OBJECTS:
            continue
        if selection.name not in found and selection.name != "__typename":
            message = f"Field '{selection.name}' doesn't exist on type '{kind}'"
            raise QueryError(message, [selection.alias])
        below = found.get(selection.name, kind)
        if isinstance(below, dict) and isinstance(below.get("nodes"), list):
            first = selection.arguments.get("first")
            below = {**below, "nodes": below["nodes"][:first]}
        answer[selection.alias] = select(below, selection.below, selection.name)
    return answer
