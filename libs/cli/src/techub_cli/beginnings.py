"""Where in the stream a run begins."""

from datetime import UTC, datetime, timedelta
from typing import Final

from nats.aio.client import Client

from techub_cli.answers import RunShown, read
from techub_cli.connection import ask
from techub_common.asks import SHOW_RUN, StatusRequest

CLOCKS_APART: Final = timedelta(minutes=1)
OF_THE_STREAM: Final = datetime.fromtimestamp(0, UTC)


async def beginning_of(client: Client, run: str, *, within: float = 10.0) -> datetime:
    """Return a moment before the first event of a run, named by its id or the first part of it.

    Raises Permanent and Away as `ask` does.
    """
    question = StatusRequest(login_or_run=run)
    shown = read(RunShown, await ask(client, SHOW_RUN, question, within=within))
    is_meant = str(shown.run_id).startswith(run.lower())  # else it is a login that looks like one
    return shown.created_at - CLOCKS_APART if is_meant else OF_THE_STREAM
