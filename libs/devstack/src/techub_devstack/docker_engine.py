"""Is there a Docker engine? Asked without importing a client, in less than a millisecond."""

import os
import socket
import urllib.parse
from collections.abc import Mapping

DEFAULT_HOST = "unix:///var/run/docker.sock"


def docker_answers(
    environment: Mapping[str, str] = os.environ, *, timeout_seconds: float = 1.0
) -> bool:
    """Whether the engine that DOCKER_HOST names, or the local one, answers."""
    host = urllib.parse.urlsplit(environment.get("DOCKER_HOST") or DEFAULT_HOST)
    try:
        if host.scheme == "unix":
            return _pings(host.path, timeout_seconds)
        address = (host.hostname or "", host.port or 2375)
        socket.create_connection(address, timeout_seconds).close()
    except OSError:
        return False
    return True


def _pings(path: str, timeout_seconds: float) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_seconds)
        connection.connect(path)
        connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        return b" 200 " in connection.recv(64)
