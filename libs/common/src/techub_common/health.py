"""What Kubernetes and operators ask every service: does it turn, can it work, what did it count."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Check = Callable[[], Awaitable[None]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CHECK_SECONDS = 2.0


class Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield

    async def run_until(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then let open requests finish."""
        serving = asyncio.create_task(self.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        self.should_exit = True
        await serving
        if not stop.is_set():
            message = f"the HTTP server on port {self.config.port} could not run"
            raise RuntimeError(message)


def server_for(app: App, port: int, *, host: str = "127.0.0.1", grace: int = 5) -> Server:
    """Return a server for an ASGI app; it waits `grace` seconds for open requests at the end."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is a setting of who asks where people come from
            timeout_graceful_shutdown=grace,
        )
    )


def health_app(checks: Mapping[str, Check], registry: CollectorRegistry) -> App:
    """Return the app behind HEALTH_PORT: `/livez`, `/readyz`, `/metrics`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/livez":
            await _answer(send, 200, {"ok": True})
        elif path == "/readyz":
            troubles = await _troubles(checks)
            await _answer(send, 503 if troubles else 200, {"ok": not troubles, **troubles})
        elif path == "/metrics":
            await _send(send, 200, generate_latest(registry), CONTENT_TYPE_LATEST)
        else:
            await _answer(send, 404, {"ok": False})

    return app


async def _troubles(checks: Mapping[str, Check]) -> dict[str, str]:
    async def ask(check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001  # whatever is wrong is the answer
            return str(error) or type(error).__name__
        return None

    answers = await asyncio.gather(*map(ask, checks.values()))
    return {name: answer for name, answer in zip(checks, answers, strict=True) if answer}


async def _answer(send: Send, status: int, document: Mapping[str, object]) -> None:
    await _send(send, status, json.dumps(document).encode(), "application/json")


async def _send(send: Send, status: int, body: bytes, mime: str) -> None:
    headers = [(b"content-type", mime.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
