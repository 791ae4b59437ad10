"""A notifier that kills itself with SIGKILL at a named point: one per line of its input.

The parent imports everything once and forks; it prints the signal that ended each child.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.msg import Msg

from techub_common.broker import Teller
from techub_common.settings import load
from techub_notifier import claiming, endings, sending
from techub_notifier.__main__ import serve
from techub_notifier.resend_mail import KeptOpen
from techub_notifier.settings import Settings

Call = Callable[..., Awaitable[Any]]


def die(*_: object, **__: object) -> None:
    """End this process at once, as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(call: Call) -> Call:
    """Die instead of doing it."""

    async def dead(*arguments: Any, **named: Any) -> Any:
        die()
        return await call(*arguments, **named)

    return dead


def after(call: Call) -> Call:
    """Do it, and die before anybody hears of it."""

    async def dead(*arguments: Any, **named: Any) -> Any:
        await call(*arguments, **named)
        die()

    return dead


POINTS: dict[str, tuple[Any, str, Callable[[Call], Call]]] = {
    "before the claim": (claiming, "end_of_run", before),
    "claimed, not committed": (claiming, "end_of_run", after),
    "committed, not acknowledged": (Msg, "ack", before),
    "leased, not asked": (sending, "attempt", before),
    "accepted, not answered": (KeptOpen, "request", after),
    "answered, not recorded": (sending, "settle", before),
    "recorded, not committed": (endings, "record_if_over", after),
    "recorded, not told": (Teller, "publish", before),
    "told, not marked": (Teller, "publish", after),
}


def main() -> None:
    """Fork a notifier for each point named on the input."""
    settings = load(Settings)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            owner, name, plant = POINTS[line.strip()]
            setattr(owner, name, plant(getattr(owner, name)))
            serve(settings)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.WTERMSIG(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
