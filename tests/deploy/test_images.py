"""The Dockerfile: linted, only what a member needs, nobody's root, and no registry in it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import lock
import pytest
import rehearse_images

from techub_devstack.servers.ports import free_ports

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
STAGES = rehearse_images.stages(DOCKERFILE)
IMAGES = (*lock.IMAGES, "backup")
each_image = pytest.mark.parametrize("image", IMAGES)


def lines(stage: str, verb: str) -> list[str]:
    """Return what follows a verb in a stage and in those it stands on."""
    found = STAGES.get(stage)
    if found is None:
        return []
    return [*lines(found.base, verb), *(rest for each, rest in found.steps if each == verb)]


def needed(member: str) -> set[str]:
    """Return the folders of a member and of every member it stands on."""
    [path] = [*ROOT.glob(f"libs/{member}"), *ROOT.glob(f"services/{member}")]
    project = tomllib.loads((path / "pyproject.toml").read_text("utf-8"))["project"]
    below = [name for name in project["dependencies"] if name.startswith("techub-")]
    rest = [needed(name.removeprefix("techub-")) for name in below]
    return {path.relative_to(ROOT).as_posix()}.union(*rest)


def test_hadolint_has_nothing_to_say() -> None:
    """Every finding is mended, or ignored in one line with its reason beside it."""
    hadolint = Path(sys.executable).with_name("hadolint")
    told = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], check=False, capture_output=True, text=True
    )

    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("image", lock.IMAGES)
def test_it_is_made_of_its_own_members(image: str) -> None:
    """An image holds the members its locks were made for, and those they stand on."""
    copied = {source for source, _ in rehearse_images.copied(STAGES[f"{image}-environment"])}
    members = set().union(*(needed(member) for member in lock.IMAGES[image]))

    assert copied == members | {f"requirements/{image}.lock"}
    assert any("dependencies " + image in run for run in lines(f"{image}-environment", "RUN"))


@each_image
def test_it_runs_as_nobody_in_particular(image: str) -> None:
    """The last user has a number that is not 0, and what it runs is on the read-only part."""
    user = lines(image, "USER")[-1]
    environment = " ".join(lines(image, "ENV"))

    assert user == "10001:10001"
    assert "HOME=/tmp" in environment
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    assert lines(image, "ENTRYPOINT")


@each_image
def test_it_says_what_it_is(image: str) -> None:
    """OCI labels name the image, say what it is, its version and its revision."""
    labels = " ".join(lines(image, "LABEL"))

    assert f'image.title="techub/{image}"' in labels
    for name in ("description", "version", "revision", "vendor"):
        assert f"org.opencontainers.image.{name}=" in labels


@each_image
def test_it_is_asked_for_its_health(image: str) -> None:
    """What serves has a health check; what runs once says that it has none."""
    assert lines(image, "HEALTHCHECK")[-1].startswith("NONE" if image == "backup" else "--interval")


def test_no_build_tool_comes_along() -> None:
    """No stage installs a compiler, and pip itself goes."""
    runs = " ".join(run for stage in STAGES for run in lines(stage, "RUN"))

    assert not re.search(r"\b(gcc|g\+\+|build-essential|make|python3?-dev)\b", runs)
    assert "pip uninstall --yes setuptools wheel pip" in lines("runtime", "RUN")[0]
    for image in IMAGES:
        assert not any(base.endswith("-environment") for base in (STAGES[image].base,))


def test_what_only_some_images_need() -> None:
    """Chromium and its fonts, ImageMagick 7 tried at build time, pg_dump."""
    assert "chromium-headless-shell" in " ".join(lines("screenshotter", "RUN"))
    fonts = {"fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"}
    assert fonts <= set(" ".join(lines("screenshotter", "RUN")).split())
    assert "magick -version" in lines("optimizer", "RUN")
    assert "IMAGE_OPT_VIPS=1" in " ".join(lines("optimizer", "ENV"))
    assert "pg_dump --version" in " ".join(lines("backup", "RUN"))


def test_what_the_context_is_made_of() -> None:
    """Everything is left out but what some stage copies."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    opened = [line[1:].split("*")[0].rstrip("/") for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for stage in STAGES.values():
        for source, _ in rehearse_images.copied(stage):
            assert any(source.startswith(place) for place in opened), source


def test_no_registry_is_named() -> None:
    """Images have plain names; whoever has a mirror sets PYTHON_IMAGE."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) <= {"${PYTHON_IMAGE}", *STAGES}
    assert re.search(r"^ARG PYTHON_IMAGE=python:[\w.-]+$", DOCKERFILE, re.MULTILINE)


def test_the_health_check_believes_only_200(tmp_path: Path) -> None:
    """Nobody listening is unhealthy, and so is the wrong answer."""
    script = ROOT / "deploy/images/healthy.py"
    [port] = free_ports(1)
    told = subprocess.run(
        [sys.executable, "-I", script, "/readyz", str(port)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert told.returncode == 1
    assert "refused" in told.stderr
