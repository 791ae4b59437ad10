"""Reads one page, with nothing to steal and little to use up, and ends.

Run by the reader, without environment, as `python -I -m techub_generator.pages.worker`: a line of
JSON and the page come in, a document of JSON goes out.
"""

import json
import resource
import sys
from dataclasses import asdict
from typing import Final

from techub_generator.pages.page import read

MOST_MEMORY: Final = 128 * 1024 * 1024  # a megabyte of nothing but tags takes 82
MOST_SECONDS: Final = 2  # of the processor's; a megabyte takes 0.2


def main() -> None:
    """Read the page that comes in and say what it says."""
    confine()
    head = json.loads(sys.stdin.buffer.readline())
    page = read(head["url"], head["content_type"], sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(asdict(page)))


def confine() -> None:
    """Forbid this process to write files and cores, and to work or grow beyond its limits."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()
