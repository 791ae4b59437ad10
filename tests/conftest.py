"""Fixtures every kind of test may ask for."""

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_configure() -> None:
    """Have what tests start die of Ctrl-C, also in a run that was put into the background.

    A shell has background jobs ignore SIGINT, and whoever is started by them inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Give the folder of real recorded answers; skip where it is not on this machine."""
    folder = Path(os.environ.get("RECORDED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recorded answers at {folder}")
    return folder
