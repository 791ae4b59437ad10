"""Which Chromium is taken."""

from pathlib import Path

import pytest

from techub_common.errors import Permanent
from techub_screenshotter.executable import chromium_at

HERE = Path(__file__)
NOWHERE = Path("/nowhere/chromium")


def test_configured() -> None:
    """The configured Chromium goes before every other."""
    assert chromium_at(HERE, [NOWHERE]) == HERE


def test_first_that_is_there() -> None:
    """Without a configured one the first that is there is taken."""
    assert chromium_at(None, [NOWHERE, HERE]) == HERE


def test_configured_is_missing() -> None:
    """A configured Chromium that is not there is named, and no other is taken."""
    with pytest.raises(Permanent, match="CHROMIUM_PATH names /nowhere/chromium"):
        chromium_at(NOWHERE, [HERE])


def test_none() -> None:
    """Without any Chromium the error says how to get one."""
    with pytest.raises(Permanent, match="apt-get install") as caught:
        chromium_at(None, [NOWHERE])

    assert caught.value.code == "chromium_missing"
