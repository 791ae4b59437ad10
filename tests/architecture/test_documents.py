"""What the documents and the Makefile promise is there."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("libs/*/*.md")]
    if ".venv" not in path.parts
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link and picture of a document exists."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text("utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_names_real_places() -> None:
    """Every path in the README's table of places exists."""
    text = (ROOT / "README.md").read_text("utf-8")
    places = re.findall(r"`((?:libs|services|tests|docs)/[\w./-]+)`", text)

    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_makefile_runs_what_exists() -> None:
    """Every module and script the Makefile starts is there."""
    text = (ROOT / "Makefile").read_text("utf-8")
    modules = set(re.findall(r"python -m (techub_[\w.]+)", text))
    scripts = set(re.findall(r"python ((?:tools|benchmarks)/\w+\.py)", text))

    assert modules
    assert scripts
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []
    assert [script for script in scripts if not (ROOT / script).is_file()] == []
