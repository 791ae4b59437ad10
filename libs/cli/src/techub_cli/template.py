"""A line as the operator wants it: `--template '{time} {login} {stage}'`."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from techub_cli.fields import Field, field_named
from techub_cli.screen import plain
from techub_cli.told import Told

NOTHING: Final = "-"


@dataclass(frozen=True, slots=True)
class Template:
    """Words and fields in turn; a field may have a format (`{login:<16}`)."""

    parts: Sequence[tuple[str, Field | None, str]]

    def fill(self, told: Told) -> str:
        """Return the line: several values stand side by side, and `-` where there is none."""
        return "".join(
            words + (format(_shown(field, told), form) if field else "")
            for words, field, form in self.parts
        )


def template(text: str) -> Template:
    """Return the template; raise ValueError that names what cannot be filled in."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        message = f"{text!r} is no template: {error}"
        raise ValueError(message) from None
    return Template([_part(*part) for part in parsed])


def _part(
    words: str, name: str | None, form: str | None, conversion: str | None
) -> tuple[str, Field | None, str]:
    if name is None:
        return words, None, ""
    if not name or conversion:
        message = f"a field stands in braces by its name, as in {{login}}, not {{{name}}}"
        raise ValueError(message)
    try:
        format("", form or "")
    except ValueError as error:
        message = f"{{{name}:{form}}}: {error}"
        raise ValueError(message) from None
    return words, field_named(name), form or ""


def _shown(field: Field, told: Told) -> str:
    return plain(",".join(field.values(told))) or NOTHING
