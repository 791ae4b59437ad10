"""`techub gemini`: who writes cards, what that costs, and whether they answer."""

from datetime import date
from typing import Annotated, Literal

import typer
from pydantic import BaseModel
from rich.table import Table
from rich.text import Text

from techub_cli.answers import read
from techub_cli.connection import Server, ask, connected
from techub_cli.pipeline import start
from techub_cli.running import print_json, run
from techub_cli.screen import Screen, plain
from techub_common.asks import (
    CHECK_GEMINI,
    LIST_PROVIDERS,
    SHOW_SPENDING,
    GeminiRequest,
    ProvidersRequest,
    RunRequest,
    SpendingRequest,
)
from techub_common.events import ARTWORKS

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

PING_WITHIN = 30.0
MICROS = 1_000_000

app = typer.Typer(no_args_is_help=True, help="Gemini: who is asked, what it costs, and is it up.")


class Provider(BaseModel):
    """A way to a model."""

    provider: str
    model: str
    location: str | None = None


class ProvidersShown(BaseModel):
    """Who is asked for text and for pictures, the first one first."""

    text: tuple[Provider, ...] = ()
    images: tuple[Provider, ...] = ()
    deadline_seconds: float


class Took(BaseModel):
    """What one model took today for one purpose."""

    purpose: str
    provider: str
    model: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost_micros: int


class Switches(BaseModel):
    """What is switched on."""

    ai_text: bool
    artwork: bool
    descriptions: bool
    daily_tokens: int | None = None


class SpendingShown(BaseModel):
    """What models took today, and what of the budget is left."""

    day: date
    tokens: int
    promised: int
    cost_micros: int
    exhausted: bool
    models: tuple[Took, ...] = ()
    switches: Switches


class Beat(BaseModel):
    """What came of asking one provider."""

    provider: str
    model: str
    works: bool
    duration_ms: int
    reason: str | None = None


class Pinged(BaseModel):
    """Whether a model answers; `age_seconds` is how old the answer is."""

    works: bool
    reason: str | None = None
    age_seconds: float = 0.0
    providers: tuple[Beat, ...] = ()


@app.callback()
def gemini() -> None:
    """Gemini: who is asked, what it costs, and is it up."""


@app.command()
def status(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print who is asked in which order, what is switched on, and what today has cost.

    Nobody is asked anything for it. Exit code: 0 when generator and api answered.
    """
    server: Server = context.obj
    run(lambda: _status(server, as_json=as_json), as_json=as_json)


@app.command()
def ping(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Ask every provider's text model for one token; the answer is ten seconds old at most.

    Exit code: 0 when one of them answered, 1 when none did.
    """
    server: Server = context.obj
    run(lambda: _ping(server, "text", as_json=as_json), as_json=as_json)


@app.command("image-ping")
def image_ping(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Ask every provider's image model for one token; the answer is ten seconds old at most.

    Exit code: 0 when one of them answered, 1 when none did.
    """
    server: Server = context.obj
    run(lambda: _ping(server, "image", as_json=as_json), as_json=as_json)


@app.command("avatar-suite")
def avatar_suite(
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="A login that has a card.")],
    *,
    alternates: Annotated[
        bool, typer.Option("--alternates", help="Three portraits in other styles, too.")
    ] = False,
    unasked: Annotated[
        bool,
        typer.Option("--unasked", help="Also where the owner has not asked, or was served lately."),
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it is over.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw the artwork of LOGIN's avatar: four pictures, about $0.16.

    It is drawn also while artwork is switched off, but not over the day's budget, and only
    where the owner asks for it, once a week. The card and its pictures are left alone.

    Exit code: as of `pipeline run`; 1 also when it is withheld.
    """
    server: Server = context.obj
    request = RunRequest(
        login=login,
        recipe="avatar_suite",
        artworks=ARTWORKS if alternates else None,
        unasked=unasked,
    )
    run(lambda: start(server, request, wait=wait, as_json=as_json), as_json=as_json)


async def _status(server: Server, *, as_json: bool) -> int:
    async with connected(server) as client:
        providers = await ask(client, LIST_PROVIDERS, ProvidersRequest())
        spending = await ask(client, SHOW_SPENDING, SpendingRequest())
    if as_json:
        print_json({"providers": providers, "spending": spending})
        return 0
    Screen().print(status_of(read(ProvidersShown, providers), read(SpendingShown, spending)))
    return 0


async def _ping(server: Server, model: Literal["text", "image"], *, as_json: bool) -> int:
    async with connected(server) as client:
        request = GeminiRequest(model=model, fresh=True)
        answer = await ask(client, CHECK_GEMINI, request, within=PING_WITHIN)
    pinged = read(Pinged, answer)
    if as_json:
        print_json(answer)
    else:
        Screen().print(ping_of(pinged))
    return 0 if pinged.works else 1


def status_of(providers: ProvidersShown, spending: SpendingShown) -> Table:
    """Return the status as it is shown."""
    switches = spending.switches
    table = Table.grid(padding=(0, 2))
    table.add_row("text", _switch(on=switches.ai_text), _order(providers.text))
    table.add_row("artwork", _switch(on=switches.artwork), _order(providers.images))
    table.add_row("descriptions", _switch(on=switches.descriptions), "")
    table.add_row("deadline", "", f"{providers.deadline_seconds:g} s for a card")
    budget = switches.daily_tokens
    left = Text("exhausted", "red") if spending.exhausted else Text("")
    of = f" of {budget:,}" if budget else ", no budget set"
    table.add_row(
        "today", left, f"{spending.tokens:,} tokens{of}, {_dollars(spending.cost_micros)}"
    )
    if spending.promised:
        table.add_row("", "", f"{spending.promised:,} more set aside for open runs")
    for took in spending.models:
        calls = f"{took.calls:,} {'call' if took.calls == 1 else 'calls'}"
        tokens = f"{took.tokens_in:,} in, {took.tokens_out:,} out"
        who = plain(f"{took.provider} {took.model} ({took.purpose})")
        table.add_row("", "", f"{who}: {calls}, {tokens}, {_dollars(took.cost_micros)}")
    return table


def ping_of(pinged: Pinged) -> Table:
    """Return what came of a ping as it is shown."""
    table = Table.grid(padding=(0, 2))
    for beat in pinged.providers:
        mark = Text("works", "green") if beat.works else Text("fails", "red")
        said = Text(plain(beat.reason or ""), overflow="fold")
        who = plain(f"{beat.provider} {beat.model}")
        table.add_row(mark, who, f"{beat.duration_ms:,} ms", said)
    if not pinged.providers:
        table.add_row(Text("off", "yellow"), plain(pinged.reason or "nobody is configured"))
    if pinged.age_seconds >= 1:
        table.add_row("", f"as it was {pinged.age_seconds:.0f} s ago")
    return table


def _order(providers: tuple[Provider, ...]) -> Text:
    names = [
        f"{one.provider} {one.model}" + (f" in {one.location}" if one.location else "")
        for one in providers
    ]
    return Text(plain(", then ".join(names) or "nobody: there is no credential"), overflow="fold")


def _switch(*, on: bool) -> Text:
    return Text("on", "green") if on else Text("off", "yellow")


def _dollars(micros: int) -> str:
    dollars = micros / MICROS
    return f"about ${dollars:,.2f}" if dollars >= 1 else f"about ${dollars:.4f}"
