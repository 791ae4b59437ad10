"""Opens strangers' pictures, one after another, with nothing to steal and little to use up.

Run by the keeper, without environment, as `python -I -m techub_optimizer.door.worker`. It ends when
its input does.
"""

import json
import resource
import signal
import sys
from typing import BinaryIO, Final

from techub_optimizer.door.wire import HEAD, packed, unpacked
from techub_optimizer.images.essentials import Refused
from techub_optimizer.images.memory import give_back
from techub_optimizer.images.setup import set_up
from techub_optimizer.images.strangers import Shape, remake

MOST_MEMORY: Final = 128 * 1024 * 1024


def main() -> None:
    """Answer until there is nothing more to read."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the keeper decides
    set_up()
    confine()
    sys.stdout.buffer.write(packed("ready", b""))
    sys.stdout.buffer.flush()
    while head := sys.stdin.buffer.read(HEAD.size):
        word, length = unpacked(head)
        _answer(sys.stdout.buffer, Shape(word), sys.stdin.buffer.read(length))
        give_back()


def confine() -> None:
    """Forbid this process to write files and cores, and to grow by more than 128 MB."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    used = _data_bytes()
    if used is not None:
        limit = used + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _data_bytes() -> int | None:
    """Return how much memory of its own the process has asked for; None where nobody says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # pathlib is not needed else
            return int(file.read().split()[5]) * resource.getpagesize()
    except OSError:
        return None


def _answer(output: BinaryIO, shape: Shape, content: bytes) -> None:
    try:
        made = remake(content, shape)
    except (Refused, MemoryError) as error:
        output.write(packed("refused", (str(error) or "it takes too much memory").encode()))
    else:
        facts = json.dumps({"form": made.form, "width": made.width, "height": made.height})
        output.write(packed("admitted", facts.encode() + b"\n" + made.content))
    output.flush()


if __name__ == "__main__":
    main()
