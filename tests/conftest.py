"""Fixtures every kind of test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Give the folder of real recorded answers; skip where it is not on this machine."""
    folder = Path(os.environ.get("RECORDED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recorded answers at {folder}")
    return folder
