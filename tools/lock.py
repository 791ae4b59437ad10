"""Writes requirements/*.lock: every pin with its hashes, and no registry's name in them.

`uv.lock` itself names registries and stays out of git. The first line of each lock holds the digest
of what was resolved, so that a test can tell a stale lock without asking any registry.
"""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"

IMAGES: Final = {
    "api": ("api", "cli"),
    "generator": ("generator",),
    "screenshotter": ("screenshotter",),
    "optimizer": ("optimizer",),
    "notifier": ("notifier",),
    "doubles": ("devstack",),
}
"""The images and the members each one carries; the api's also has the operators' command."""


def inputs_digest() -> str:
    """Return the digest of every dependency table of the workspace."""
    digest = hashlib.sha256()
    for path in sorted([ROOT / "pyproject.toml", *ROOT.glob("*/*/pyproject.toml")]):
        document = tomllib.loads(path.read_text("utf-8"))
        project = document.get("project", {})
        tables = (
            project.get("name"),
            project.get("requires-python"),
            project.get("dependencies", []),
            project.get("optional-dependencies", {}),
            document.get("dependency-groups", {}),
        )
        digest.update(repr(tables).encode())
    return digest.hexdigest()


def export(target: Path, *arguments: str) -> None:
    """Write one lock; the packages of the workspace itself are left out."""
    command = [
        os.environ.get("UV", "uv"),
        "export",
        "--quiet",
        "--frozen",
        "--no-emit-workspace",
        "--no-header",
        "--no-annotate",
        *arguments,
    ]
    pins = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    target.write_text(f"# resolved from {inputs_digest()}\n{pins}", "utf-8")
    print(f"{target.relative_to(ROOT)}: {pins.count('==')} packages")


def main() -> None:
    """Resolve and write all locks."""
    os.environ.pop("VIRTUAL_ENV", None)
    FOLDER.mkdir(exist_ok=True)
    uv = os.environ.get("UV", "uv")
    arguments = sys.argv[1:]
    subprocess.run([uv, "lock", "--quiet", *arguments], check=True, cwd=ROOT)
    export(FOLDER / "all.lock", "--all-packages", "--all-groups")
    export(FOLDER / "build.lock", "--only-group", "build")
    for name, members in IMAGES.items():
        packages = [part for member in members for part in ("--package", f"techub-{member}")]
        export(FOLDER / f"{name}.lock", *packages, "--no-dev")


if __name__ == "__main__":
    main()
