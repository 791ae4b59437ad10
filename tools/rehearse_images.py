"""Runs every image's install steps into an empty directory and starts the services from there.

`python tools/rehearse_images.py` reads the Dockerfile: what a stage `NAME-environment` copies is
all that lies in the directory, what it runs is run. Each service then starts from its own
environment, against servers and doubles of the embedded stack, and one card is made.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from techub_devstack import samples
from techub_devstack.follow_run import lines_of
from techub_devstack.services import NAMES
from techub_devstack.stack import Stack, Wanted, running_stack

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = "/opt/techub"
LIST_INSTALLED: Final = """\
import importlib.metadata as m, json
print(json.dumps({d.name.lower().replace("_", "-"): d.version for d in m.distributions()}))
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the Dockerfile: what it is made from, and its COPY and RUN lines in order."""

    name: str
    base: str
    steps: tuple[tuple[str, str], ...]


def stages(dockerfile: str) -> dict[str, Stage]:
    """Return the stages by name."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    parts = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)[1:]
    found = {}
    for base, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        steps = re.findall(r"^([A-Z]+) +(.+)$", body, re.MULTILINE)
        found[name] = Stage(
            name, base, tuple((verb, " ".join(rest.split())) for verb, rest in steps)
        )
    return found


def copied(stage: Stage) -> list[tuple[str, str]]:
    """Return source and target of everything the stage copies from the repository."""
    return [
        (source, target)
        for verb, rest in stage.steps
        if verb == "COPY" and not rest.startswith("--from")
        for source, target in [rest.split()]
    ]


def installed(image: str, directory: Path) -> Path:
    """Return the interpreter of the image's environment, made in the empty directory."""
    known = stages((ROOT / "Dockerfile").read_text("utf-8"))
    stage = known[f"{image}-environment"]
    sources, target = directory / "src", directory / "environment"
    for source, place in copied(known[stage.base]) + copied(stage):
        _copy(
            ROOT / source, sources / place / ("" if not place.endswith("/") else Path(source).name)
        )
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
    }
    for verb, rest in stage.steps:
        if verb == "RUN":
            command = rest.replace(TARGET, str(target))
            subprocess.run(["sh", "-ec", command], cwd=sources, check=True, env=environment)
    return target / "bin" / "python"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        shutil.copy2(source, target)


def contents(python: Path) -> dict[str, str]:
    """Return name and version of every distribution in an environment."""
    listed = subprocess.run(
        [python, "-I", "-c", LIST_INSTALLED], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, str] = json.loads(listed)
    return found


def locked(image: str) -> dict[str, str]:
    """Return name and version of every pin of the image's lock."""
    lock = (ROOT / "requirements" / f"{image}.lock").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,-]+\])?==([^ ;\\]+)", lock, re.MULTILINE))


def foreign(image: str, python: Path) -> dict[str, str]:
    """Return what an environment holds that neither its lock nor the workspace names."""
    pins = locked(image)
    return {
        name: version
        for name, version in contents(python).items()
        if not name.startswith("techub-") and pins.get(name) != version
    }


async def one_card(stack: Stack) -> str:
    """Submit a sample and return how its run ended."""
    token = await stack.token("you", "you@techub.example")
    async with httpx.AsyncClient(
        base_url=stack.app_host, headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as http:
        answer = await http.post("/api/v1/profiles", json={"login": samples.DEFAULT})
        answer.raise_for_status()
        status = "open"
        async for line in lines_of(http, answer.json()["events_url"]):
            status = line.data["status"] if line.kind == "ended" else status
        return status


async def rehearse(images: list[str], directory: Path) -> None:
    """Install, compare, start and use; end the process with what went wrong."""
    pythons = {}
    for image in images:
        python = installed(image, directory / image)
        if more := foreign(image, python):
            sys.exit(f"{image}: in the environment and not in its lock: {more}")
        print(
            f"{image}: {len(contents(python))} distributions, none that its lock does not name",
            flush=True,
        )
        if image in NAMES:
            pythons[image] = python
    wanted = Wanted(var=directory / "var", pythons=pythons, guarded=True)
    async with running_stack(
        wanted, lambda who, what: print(f"{who}: {what}", flush=True)
    ) as stack:
        status = await one_card(stack)
    if status != "success":
        sys.exit(f"the card of services from their own environments ended in {status}")
    print(f"a card was made by {', '.join(pythons)} from their own environments")


def main() -> None:
    """Rehearse the images that are named, all of them without a name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="*", default=[*NAMES, "doubles"])
    with tempfile.TemporaryDirectory(prefix="techub-images-") as directory:
        asyncio.run(rehearse(parser.parse_args().images, Path(directory)))


if __name__ == "__main__":
    main()
