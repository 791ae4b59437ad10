"""Exits 0 when the service of this container can work: its `/readyz` answers 200 within 4 s."""

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def main() -> int:
    """Ask the service beside us; `healthy PATH PORT` asks for something else."""
    path, port = (*sys.argv[1:3], "/readyz", os.environ.get("HEALTH_PORT") or "9090")[:2]
    connection = HTTPConnection(LOOPBACK, int(port), timeout=4)
    try:
        connection.request("GET", path)
        return 0 if connection.getresponse().status == HTTPStatus.OK else 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
