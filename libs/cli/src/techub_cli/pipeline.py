"""`techub pipeline`: start a run, follow it, look at one, call it off, repeat what failed."""

import asyncio
from typing import Annotated, Final

import typer

from techub_cli.answers import RunAsked, RunCanceled, RunShown, read
from techub_cli.beginnings import beginning_of
from techub_cli.connection import Server, ask, connected
from techub_cli.following import Follower
from techub_cli.running import print_json, run, say
from techub_cli.screen import Screen, plain
from techub_cli.timeline import drawn
from techub_cli.watching import TOLD_WITHIN, Progress, show_json, watch
from techub_common.asks import (
    CANCEL_RUN,
    RETRY_RUN,
    RUN_PIPELINE,
    SHOW_RUN,
    CancelRequest,
    RetryRequest,
    RunRequest,
    StatusRequest,
)

LONGEST_REASON: Final = 300

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run until it is over.")]
Force = Annotated[
    bool, typer.Option("--force", help="Take pictures again although nothing on them has changed.")
]
RunNamed = Annotated[
    str,
    typer.Argument(
        metavar="LOGIN|RUN",
        help="A run's id or its first 8 characters, or a login for its newest run.",
    ),
]

app = typer.Typer(no_args_is_help=True, help="Start runs of the pipeline and look at them.")


@app.callback()
def pipeline() -> None:
    """Start runs of the pipeline and look at them."""


@app.command("run")
def run_pipeline(  # noqa: PLR0913  # one per option
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="A GitHub login.")],
    *,
    wait: Wait = False,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A shorter road: screenshot_refresh takes the pictures again, github_sync reads"
            " GitHub's numbers, avatar_refresh the avatar too, avatar_suite draws artwork."
        ),
    ] = None,
    variants: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these pictures: og,card.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="STAGES", help="Only these stages before the pictures.")
    ] = None,
    skip: Annotated[
        str | None, typer.Option(metavar="STAGES", help="Without these stages.")
    ] = None,
    preserve: Annotated[
        str | None,
        typer.Option(metavar="FIELDS", help="Fields GitHub does not overwrite: name,bio."),
    ] = None,
    preserve_avatar: Annotated[
        bool, typer.Option("--preserve-avatar", help="Keep the avatar if there is one.")
    ] = False,
    mock_ai: Annotated[
        bool, typer.Option("--mock-ai", help="Keep the card's words, or make them up; ask nobody.")
    ] = False,
    no_screenshots: Annotated[
        bool, typer.Option("--no-screenshots", help="Take no pictures.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Wait in line behind people's runs; tell nobody.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Start a run for LOGIN, or join the one that is open.

    A full run takes the place of an open refresh, recipe or retry,
    which is canceled. A recipe leaves the profile's status alone.

    Exit code: 0 it was started; with --wait, how it ended: 0 completed,
    1 failed (or could not be started), 3 partial, 4 canceled,
    130 after Ctrl-C (the run goes on).

    With --json the api's answer is printed and, while waiting,
    the run's CloudEvents, one per line.
    """
    server: Server = context.obj
    request = RunRequest(
        login=login,
        recipe=recipe,
        variants=None if variants is None else _names(variants),
        only_stages=_names(only),
        skip_stages=_names(skip),
        preserve_avatar=preserve_avatar,
        preserve_fields=_names(preserve),
        ai_mode="mock" if mock_ai else "real",
        screenshots="skip" if no_screenshots else "take",
        refresh=refresh,
        force=force,
    )
    run(lambda: start(server, request, wait=wait, as_json=as_json), as_json=as_json)


@app.command()
def retry(
    context: typer.Context,
    what: RunNamed,
    *,
    step: Annotated[
        list[str] | None,
        typer.Option(help="Only this step: capture:og; may be repeated. Else all that failed."),
    ] = None,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Start a run that repeats only what failed in a run that is over.

    Failed pictures are taken again of the card there is;
    without a card, the generator goes on after its last finished stage.

    Exit code: as of `pipeline run`; 1 also when nothing is left to repeat.
    """
    server: Server = context.obj
    request = RetryRequest(login_or_run=what.removeprefix("@"), steps=tuple(step or ()))
    run(lambda: start(server, request, wait=wait, as_json=as_json), as_json=as_json)


@app.command()
def cancel(
    context: typer.Context,
    what: RunNamed,
    *,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever looks at it later.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an open run at once, also one that waits in line.

    What is still made for it is kept and not published; nobody is mailed.

    Exit code: 0 when the run is canceled, also when it was so before;
    1 when there is none or it is over already.
    """
    server: Server = context.obj
    request = CancelRequest(login_or_run=what.removeprefix("@"))
    if reason:
        request.reason = reason[:LONGEST_REASON]
    run(lambda: _cancel(server, request, as_json=as_json), as_json=as_json)


@app.command()
def status(
    context: typer.Context,
    what: RunNamed,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a run: its steps with their times, what it lost, its pictures.

    Exit code: 0 when there is a run to show, however it ended;
    1 when there is none.
    """
    server: Server = context.obj
    run(lambda: _status(server, what.removeprefix("@"), as_json=as_json), as_json=as_json)


async def start(
    server: Server,
    request: RunRequest | RetryRequest,
    *,
    wait: bool,
    as_json: bool,
    told_within: float = TOLD_WITHIN,
) -> int:
    """Start a run and return the exit code; with `wait` that of its outcome."""
    subject = RUN_PIPELINE if isinstance(request, RunRequest) else RETRY_RUN
    screen = Screen()
    async with connected(server) as client:
        follower = Follower(client, notice=say)
        if wait:
            await follower.start()  # the place from which to follow, taken before the question
        answer = await ask(client, subject, request)
        asked = read(RunAsked, answer)
        if as_json:
            print_json(answer)
        else:
            began = "run" if asked.created else "a run is already open:"
            screen.print(f"{began} {asked.run_id}")
        if not wait:
            return 0
        if not asked.created:
            await follower.start(await beginning_of(client, str(asked.run_id)))
        return await _follow(follower, asked, screen, as_json=as_json, told_within=told_within)


async def _follow(
    follower: Follower, asked: RunAsked, screen: Screen, *, as_json: bool, told_within: float
) -> int:
    progress = Progress(screen)
    try:
        if as_json:
            story = await watch(follower, asked.run_id, show_json, told_within)
        else:
            with progress.turning():
                story = await watch(follower, asked.run_id, progress, told_within)
    except asyncio.CancelledError:
        say(f"no longer following; the run goes on: techub pipeline status {asked.run_id}")
        raise
    if not story.is_over:
        say(f"it is not known yet who was told: techub pipeline status {asked.run_id}")
    return story.outcome[1]


async def _cancel(server: Server, request: CancelRequest, *, as_json: bool) -> int:
    async with connected(server) as client:
        answer = await ask(client, CANCEL_RUN, request)
    if as_json:
        print_json(answer)
    else:
        done = read(RunCanceled, answer)
        before = "" if done.canceled else " was already"
        Screen().print(f"run {done.run_id} of {plain(done.login)}{before} canceled")
    return 0


async def _status(server: Server, what: str, *, as_json: bool) -> int:
    async with connected(server) as client:
        answer = await ask(client, SHOW_RUN, StatusRequest(login_or_run=what))
    if as_json:
        print_json(answer)
    else:
        Screen().print(drawn(read(RunShown, answer)))
    return 0


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
