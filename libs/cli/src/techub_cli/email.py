"""`techub email`: whether mails go out."""

from typing import Annotated

import typer

from techub_cli.connection import Server, ask, connected
from techub_cli.running import print_json, run
from techub_cli.screen import Screen, plain
from techub_common.asks import SMOKE_EMAIL, SmokeRequest

SEND_SECONDS = 20.0

app = typer.Typer(no_args_is_help=True, help="Whether mails go out.")


@app.callback()
def email() -> None:
    """Whether mails go out."""


@app.command("smoke")
def smoke(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="TO", help="An address.")],
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="A line to send along.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Send one mail to TO at once and print its id.

    Exit code: 0 when Resend took it; 1 when not, or when nobody answers.
    """
    server: Server = context.obj

    async def work() -> int:
        async with connected(server) as client:
            question = SmokeRequest(to=to, message=message)
            answer = await ask(client, SMOKE_EMAIL, question, within=SEND_SECONDS)
        if as_json:
            print_json(answer)
        else:
            Screen().print(plain(answer["id"]))
        return 0

    run(work, as_json=as_json)
