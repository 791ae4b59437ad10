"""Open connections by their client's address, so that a double can hang up in mid-conversation."""

import asyncio
from collections.abc import Hashable

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_OPEN: dict[Hashable, asyncio.Transport] = {}


class Connection(H11Protocol):
    """Uvicorn's own protocol that also knows which connection is whose."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection; the signature is uvicorn's."""
        super().connection_made(transport)
        _OPEN[_key(self.client)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _OPEN.pop(_key(self.client), None)
        super().connection_lost(exc)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Drop the connection a request came on, with no answer, and wait until it is gone."""
    transport = _OPEN.get(_key(scope["client"]))
    if transport is None:
        message = "only a connection served by techub_devstack.doubles.serving can hang up"
        raise RuntimeError(message)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _key(client: tuple[str, int] | None) -> Hashable:
    return tuple(client) if client else None
