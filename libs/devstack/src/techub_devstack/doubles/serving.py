"""Serving doubles from a process of their own, or from a thread of the tests."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from techub_devstack.doubles.connections import Connection

HOST = "127.0.0.1"
START_SECONDS = 10.0


@dataclass(slots=True)
class Served:
    """An app, the socket it listens on and the server between them."""

    app: ASGIApp
    listener: socket.socket
    server: uvicorn.Server

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"


class _Server(uvicorn.Server):
    """Leaves signals alone: who serves several apps decides for all of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def prepared(app: ASGIApp, port: int = 0, host: str = HOST) -> Served:
    """Take the port (0: a free one) without answering yet."""
    # asyncio switches Nagle's delay off only where the protocol is named
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )
    return Served(app, listener, _Server(config))


async def serve(doubles: list[Served]) -> None:
    """Answer until each server's `should_exit` is set."""
    await asyncio.gather(*(double.server.serve([double.listener]) for double in doubles))


@contextlib.contextmanager
def in_thread(app: ASGIApp) -> Iterator[str]:
    """Serve from a thread and give the address; connections made early wait in the backlog."""
    double = prepared(app)
    thread = threading.Thread(target=lambda: asyncio.run(serve([double])), daemon=True)
    thread.start()
    try:
        yield double.url
    finally:
        double.server.should_exit = True
        thread.join(START_SECONDS)
        double.listener.close()
