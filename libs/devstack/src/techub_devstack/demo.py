"""`python -m techub_devstack.demo`: a GitHub profile becomes pictures, watched stage by stage."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast, get_args

import httpx

from techub_devstack import samples
from techub_devstack.follow_run import lines_of
from techub_devstack.services import NAMES, ServiceFailed, follow
from techub_devstack.stack import Stack, Wanted, Writers, running_stack
from techub_devstack.terminal import Screen

OWNER: Final = "you"
OWNER_ADDRESS: Final = "you@techub.example"
MARKS: Final[Mapping[str, str]] = {
    "completed": "✓",
    "degraded": "~",
    "failed": "✗",
    "skipped": "-",
    "retrying": "↻",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person asked for through the environment."""

    login: str | None
    once: bool
    kill: str | None
    logs: bool
    samples_dir: Path
    var: Path
    submit: bool
    ai: Writers = "heuristics"

    @classmethod
    def read(cls, env: Mapping[str, str], *, submit: bool) -> "Choices":
        """Return the choices; end with one line when KILL or AI is not one of theirs."""
        kill = env.get("KILL") or None
        if kill is not None and kill not in NAMES:
            sys.exit(f"demo: KILL={kill} is no service; it is one of {', '.join(NAMES)}")
        ai = env.get("AI") or "heuristics"
        if ai not in get_args(Writers):
            sys.exit(f"demo: AI={ai} writes no cards; it is one of {', '.join(get_args(Writers))}")
        return cls(
            login=env.get("LOGIN") or None,
            once=env.get("ONCE", "") not in {"", "0"},
            kill=kill,
            logs=env.get("LOGS", "" if submit else "1") not in {"", "0"},
            samples_dir=Path(env.get("SAMPLES_DIR") or samples.DIR),
            var=Path(env.get("VAR") or "var/demo"),
            submit=submit,
            ai=cast("Writers", ai),
        )

    @property
    def real_github(self) -> bool:
        """Return whether the login is not one of the samples."""
        return self.login is not None and not (self.samples_dir / self.login).is_dir()


def main() -> None:
    """Run the demo, or with the argument `dev` only the stack with all its logs."""
    choices = Choices.read(os.environ, submit="dev" not in sys.argv[1:])
    screen = Screen(sys.stdout.isatty())
    try:
        sys.exit(asyncio.run(demonstrate(choices, screen)))
    except ServiceFailed as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(0)


async def demonstrate(choices: Choices, screen: Screen) -> int:
    """Start the stack, show one run, stay up until Ctrl-C; return the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    wanted = Wanted(
        var=choices.var,
        samples_dir=choices.samples_dir,
        real_github=choices.real_github,
        ai=choices.ai,
        environment={} if choices.submit else {"PROBE_SECONDS": "60"},
    )
    async with running_stack(wanted, screen.say) as stack, asyncio.TaskGroup() as tasks:
        watching = [
            tasks.create_task(follow(service.log, screen.prefixed(name)))
            for name, service in stack.services.items()
            if choices.logs
        ]
        code = 0
        if choices.submit:
            shown = tasks.create_task(show_run(stack, choices, screen))
            stopping = tasks.create_task(stop.wait())
            await asyncio.wait({shown, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            shown.cancel() if not shown.done() else None
            code = shown.result() if not stop.is_set() else 0
        else:
            _addresses(stack, screen)
        if not choices.once and not stop.is_set():
            screen.note("Everything stays up until Ctrl-C.")
            await stop.wait()
        screen.note("stopping")
        for task in watching:
            task.cancel()
    return code


async def show_run(stack: Stack, choices: Choices, screen: Screen) -> int:
    """Submit the login, print its story as it happens; return 0 when it ended in success."""
    login = choices.login or samples.DEFAULT
    token = await stack.token(OWNER, OWNER_ADDRESS)
    async with httpx.AsyncClient(
        base_url=stack.app_host, headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as http:
        started = time.monotonic()
        # Pictures that would not change are kept: a kill needs some that are really taken.
        wanted = {"login": login, "force": choices.kill is not None}
        answer = await http.post("/api/v1/profiles", json=wanted)
        if answer.is_error:
            screen.note(f"submission refused: {answer.json().get('detail')}")
            return 1
        accepted = answer.json()
        screen.title(f"@{login}", f"run {accepted['run_id']}")
        killing = asyncio.create_task(_kill(stack, choices.kill, screen))
        async for line in lines_of(http, accepted["events_url"]):
            _print(screen, line.kind, line.data, time.monotonic() - started)
        killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing
        run = (await http.get(accepted["status_url"])).json()
    _summary(stack, screen, run)
    return 0 if run["status"] == "success" else 1


async def _kill(stack: Stack, name: str | None, screen: Screen) -> None:
    if name is None:
        return
    await asyncio.sleep(random.uniform(0.0, 1.5))
    screen.say("stack", f"SIGKILL for {name}")
    await stack.services[name].kill()


def _print(screen: Screen, kind: str, data: dict[str, Any], seconds: float) -> None:
    if kind == "step":
        mark = MARKS.get(data["status"])
        if mark is None:
            return
        took = f"{data['duration_ms']} ms" if data.get("duration_ms") is not None else ""
        screen.row(seconds, mark, data["step"], took, data.get("message") or "")
    elif kind == "picture":
        screen.row(seconds, "▣", data["variant"], "", "published: " + ", ".join(data["files"]))
    elif kind == "ended":
        took = f"{data['duration_ms']} ms"
        error = data.get("error") or {}
        screen.row(seconds, "■", data["status"], took, error.get("message", ""))


def _summary(stack: Stack, screen: Screen, run: dict[str, Any]) -> None:
    pictures = run["pictures"]
    screen.title(run["status"], f"{len({p['variant'] for p in pictures})} pictures")
    for picture in pictures:
        screen.row(None, " ", picture["variant"], f"{picture['bytes'] // 1024} kB", picture["url"])
    screen.note(f"profile   {run['profile_url']}")
    screen.note(f"files     {stack.objects / 'generated' / run['login'].lower()}")
    _addresses(stack, screen)


def _addresses(stack: Stack, screen: Screen) -> None:
    screen.note(f"web       {stack.app_host}")
    screen.note(f"mailbox   {stack.mailbox_url}")
    if stack.wanted.ai == "double":
        control = f"{stack.gemini.url}/__control__/failures"
        screen.note(f"Gemini    curl -X POST {control}/overloaded   (all: curl {control})")
    screen.note(f"NATS      NATS_URL={stack.nats.url} .venv/bin/techub events tail --since 10m")
    screen.note(f"logs      {stack.wanted.var / 'log'}")


if __name__ == "__main__":
    main()
