"""`techub dead`: what was given up, and what can still be made of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from nats.aio.client import Client

from techub_cli.letter_lines import (
    deed_line,
    letter_document,
    letter_line,
    letter_shown,
    none_fits,
)
from techub_cli.replaying import decide, perform
from techub_cli.running import print_json, run_connected, say
from techub_cli.screen import Screen
from techub_common.letters import Chosen, Letter, Letters
from techub_common.replaying import Action, Deed
from techub_common.since import moment

app = typer.Typer(no_args_is_help=True, help="Messages that were given up.")

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="N", help="Numbers of letters: `techub dead list`.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every letter that fits the filters.")]
Consumer = Annotated[str | None, typer.Option(help="Only those this consumer gave up.")]
Code = Annotated[str | None, typer.Option(help="Only those with this error code.")]
Since = Annotated[
    str | None, typer.Option(help="Only those given up since then: 10m, 2d ago, or an ISO time.")
]
Login = Annotated[str | None, typer.Option(help="Only those of runs of this GitHub login.")]
RunId = Annotated[
    str | None, typer.Option("--run", help="Only this run; the first part of its id will do.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.callback()
def dead() -> None:
    """Messages that were given up."""


@app.command("list")
def list_letters(
    context: typer.Context,
    *,
    consumer: Consumer = None,
    code: Code = None,
    since: Since = None,
    login: Login = None,
    run_id: RunId = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters, the oldest first; say so when none fits.

    Exit code: 0, also when there are none; 1 when NATS does not answer.
    """
    chosen = _chosen(consumer, code, since, login, run_id)

    async def work(client: Client) -> int:
        every = await Letters(client).all(Chosen())
        letters = [letter for letter in every if letter in chosen]
        if as_json:
            print_json({"ok": True, "letters": [letter_document(letter) for letter in letters]})
            return 0
        screen, now = Screen(), datetime.now(UTC)
        for letter in letters:
            screen.show(letter_line(letter, now))
        if not letters:
            say(none_fits(every))
        return 0

    run_connected(context, work, as_json=as_json)


@app.command()
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The letter's number.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter: who gave up on it and why, and its original bytes.

    Exit code: 0 when there is such a letter, 1 when there is none.
    """

    async def work(client: Client) -> int:
        [letter] = await Letters(client).numbered([number])
        if as_json:
            print_json({"ok": True, **letter_document(letter, body=True)})
        else:
            Screen().print(letter_shown(letter), soft_wrap=True)
        return 0

    run_connected(context, work, as_json=as_json)


@app.command()
def replay(  # noqa: PLR0913  # one per option
    context: typer.Context,
    numbers: Numbers = None,
    *,
    everything: Everything = False,
    consumer: Consumer = None,
    code: Code = None,
    since: Since = None,
    login: Login = None,
    run_id: RunId = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Tell dead letters again; without --yes only say what would be done.

    The original goes to its original subject and may do its work once more:
    no mail is sent twice. When its run is over, a new run repeats the step
    instead, several at once wait in line behind people's runs.
    A letter that did its work leaves the list.

    Exit code: 0 when all of them can be (with --yes: were) replayed,
    1 when one cannot.
    """
    chosen = _meant(numbers, everything, _chosen(consumer, code, since, login, run_id))

    async def work(client: Client) -> int:
        deeds = await decide(client, await _letters(client, numbers, chosen))
        if yes:
            deeds = await perform(client, deeds, bulk=everything or len(deeds) > 1)
        _report(deeds, yes=yes, as_json=as_json)
        return 0 if all(_went_well(deed, yes=yes) for deed in deeds) else 1

    run_connected(context, work, as_json=as_json)


@app.command()
def drop(  # noqa: PLR0913  # one per option
    context: typer.Context,
    numbers: Numbers = None,
    *,
    everything: Everything = False,
    consumer: Consumer = None,
    code: Code = None,
    since: Since = None,
    login: Login = None,
    run_id: RunId = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Throw dead letters away for good; without --yes only say which.

    Exit code: 0 when they are gone (without --yes: when they are there).
    """
    chosen = _meant(numbers, everything, _chosen(consumer, code, since, login, run_id))

    async def work(client: Client) -> int:
        letters = await _letters(client, numbers, chosen)
        for letter in letters if yes else ():
            await Letters(client).drop(letter)
        note = "dropped" if yes else "would be dropped"
        deeds = [Deed(letter, Action.nothing, note, done=yes) for letter in letters]
        _report(deeds, yes=yes, as_json=as_json)
        return 0

    run_connected(context, work, as_json=as_json)


def _chosen(
    consumer: str | None, code: str | None, since: str | None, login: str | None, run_id: str | None
) -> Chosen:
    try:
        start = moment(since, datetime.now(UTC)) if since else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error
    return Chosen(consumer=consumer, code=code, since=start, login=login, run=run_id)


def _meant(numbers: Sequence[int] | None, everything: bool, chosen: Chosen) -> Chosen:
    """Return the filters, when the command says clearly which letters it is about."""
    if bool(numbers) == everything or (numbers and chosen != Chosen()):
        message = "give either numbers, or --all with or without filters"
        raise typer.BadParameter(message, param_hint="N")
    return chosen


async def _letters(client: Client, numbers: list[int] | None, chosen: Chosen) -> list[Letter]:
    letters = Letters(client)
    return await letters.numbered(numbers) if numbers else await letters.all(chosen)


def _went_well(deed: Deed, *, yes: bool) -> bool:
    return deed.done if yes else deed.action is not Action.nothing


def _report(deeds: Sequence[Deed], *, yes: bool, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "dry_run": not yes, "letters": [deed.as_json() for deed in deeds]})
        return
    screen = Screen()
    for deed in deeds:
        screen.show(deed_line(deed, yes=yes))
    if not deeds:
        screen.print("no dead letter fits")
    elif not yes:
        screen.print("nothing has been done yet; --yes does it")
