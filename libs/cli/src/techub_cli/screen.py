"""How things look in a terminal: one console, few colours, and no control codes from outside."""

import sys
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NoReturn

from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from rich.text import Text

PIPE_WIDTH: Final = 200
SECOND: Final = 1000
MINUTE: Final = 60

COLOURS: Final = {
    "api": "cyan",
    "generator": "magenta",
    "screenshotter": "blue",
    "optimizer": "green",
    "notifier": "yellow",
}
OTHERS: Final = ("bright_cyan", "bright_magenta", "bright_blue", "bright_green", "bright_yellow")

STYLES: Final = {
    "completed": "green",
    "success": "green",
    "degraded": "yellow",
    "partial": "yellow",
    "partial_success": "yellow",
    "retrying": "magenta",
    "failed": "red",
    "failure": "red",
    "canceled": "red",
    "skipped": "dim",
    "waiting": "dim",
    "queued": "dim",
    "started": "cyan",
    "running": "cyan",
}


class Screen(Console):
    """The standard output; a reader that left is an ordinary BrokenPipeError."""

    def __init__(self) -> None:
        wide = None if sys.stdout.isatty() else PIPE_WIDTH
        super().__init__(width=wide, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> NoReturn:
        """Raise instead of ending the process with 1."""
        raise BrokenPipeError

    def show(self, text: Text) -> None:
        """Print a line as it is, however long, at once."""
        self.print(text, soft_wrap=True)

    def show_all(self, lines: Iterable[Text]) -> None:
        """Print lines as they are, all at once, while nothing turns below them.

        Rich lays out each line anew; a stream of a thousand lines a second has no time for that.
        """
        painted = "".join(f"{self._painted(line)}\n" for line in lines)
        sys.stdout.write(painted)
        sys.stdout.flush()

    def _painted(self, line: Text) -> str:
        if self.color_system is None or self.no_color:
            return line.plain
        return "".join(self._pieces(line))

    def _pieces(self, line: Text) -> Iterator[str]:
        colours, at = COLOR_SYSTEMS[self.color_system or ""], 0
        for span in line.spans:  # in order, and none within another: lines are made piece by piece
            yield line.plain[at : span.start]
            style = Style.parse(str(span.style))
            yield style.render(line.plain[span.start : span.end], color_system=colours)
            at = span.end
        yield line.plain[at:]


def plain(text: object) -> str:
    """Return the text without anything that a terminal would obey, on one line."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable()
        else " "
        if letter in "\t\r\n"
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def colour_of(service: str) -> str:
    """Return a service's colour, always the same one for the same name."""
    return COLOURS.get(service) or OTHERS[zlib.crc32(service.encode()) % len(OTHERS)]


def style_of(status: str) -> str:
    """Return the style of a status of a step or run."""
    return STYLES.get(status, "")


def took(milliseconds: int | None) -> str:
    """Return a duration for a person: `820 ms`, `1.2 s`, `2 m 05 s`; nothing for None."""
    if milliseconds is None:
        return ""
    if milliseconds < SECOND:
        return f"{milliseconds} ms"
    seconds = milliseconds / SECOND
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} m {rest:02} s"


def size(count: int) -> str:
    """Return a number of bytes for a person."""
    return f"{count} B" if count < SECOND else f"{count / SECOND:.0f} kB"


def clock(moment: datetime, today: datetime) -> str:
    """Return the local time of day, with the date when that is not `today`."""
    local = moment.astimezone()
    time = f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"
    return time if local.date() == today.astimezone().date() else f"{local:%Y-%m-%d} {time}"
