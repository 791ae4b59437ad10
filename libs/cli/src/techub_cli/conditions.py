"""Conditions on fields: `--where data.variant=og`, `--where 'message~timed? out'`."""

import re
from dataclasses import dataclass
from typing import Final

from techub_cli.fields import Field, field_named
from techub_cli.told import Told

_CONDITION: Final = re.compile(r"\s*(?P<name>[\w.]+)\s*(?P<sign>!=|!~|=|~)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is what it has to be: one of its values fits, or by `!` none of them does."""

    field: Field
    fits: re.Pattern[str]
    is_denied: bool = False

    def holds(self, told: Told) -> bool:
        """Return whether this telling fulfils it; a field that is not there has no value."""
        fits = any(self.fits.search(value) for value in self.field.values(told))
        return fits is not self.is_denied


def condition(text: str) -> Condition:
    """Return the condition meant by `name=value`, `!=`, `~` (a regular expression) or `!~`.

    Case does not matter to the last two. Raises ValueError.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        message = f"{text!r} is no condition; write name=value, or != for not, ~ and !~ for a regex"
        raise ValueError(message)
    name, sign, value = found["name"], found["sign"], found["value"].strip()
    return Condition(field_named(name), _pattern(sign, value), is_denied=sign.startswith("!"))


def _pattern(sign: str, value: str) -> re.Pattern[str]:
    if sign.endswith("="):
        return re.compile(rf"\A{re.escape(value)}\Z")
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as error:
        message = f"{value!r} is no regular expression: {error}"
        raise ValueError(message) from None
