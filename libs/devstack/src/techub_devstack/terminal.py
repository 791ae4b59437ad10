"""What a person sees in the terminal: prefixed lines, and the rows of a run's story."""

import sys
from collections.abc import Callable
from typing import Final

COLOURS: Final = {
    "api": "36",
    "generator": "35",
    "screenshotter": "33",
    "optimizer": "32",
    "notifier": "34",
    "stack": "90",
}
MARK_COLOURS: Final = {"✓": "32", "▣": "36", "■": "1", "✗": "31", "~": "33", "↻": "33"}


class Screen:
    """Writes to standard output."""

    def __init__(self, coloured: bool) -> None:
        self._coloured = coloured

    def say(self, name: str, text: str) -> None:
        """Print a line of one part of the system, with its name before it."""
        self._write(f"{self._paint(f'{name:>13} │', COLOURS.get(name, '37'))} {text}")

    def prefixed(self, name: str) -> Callable[[str], None]:
        """Return what prints lines of that part."""
        return lambda text: self.say(name, text)

    def title(self, text: str, more: str = "") -> None:
        """Print a heading."""
        self._write(f"\n  {self._paint(text, '1')}  {self._paint(more, '90')}")

    def row(self, seconds: float | None, mark: str, name: str, took: str, text: str) -> None:
        """Print one row of the story: when, how it went, what, how long, and why."""
        when = f"{seconds:6.2f} s" if seconds is not None else " " * 8
        sign = self._paint(mark, MARK_COLOURS.get(mark, "37"))
        self._write(f"  {self._paint(when, '90')}  {sign} {name:<24} {took:>9}  {text}")

    def note(self, text: str) -> None:
        """Print a plain line."""
        self._write(f"  {text}")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
