"""The optimizer with an engine missing or broken says exactly that."""

import os
import shutil
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from techub_optimizer.doctor import MAGICK_MEND, NO_MAGICK, VIPS_OFF
from techub_optimizer.magick import CANDIDATES, find_magick
from techub_optimizer.service import opener
from techub_optimizer.settings import Settings

from .conftest import Ask, answering, bad


@pytest.fixture
async def command(tmp_path: Path) -> Path:
    """Give a command that is this machine's ImageMagick, and can be taken away."""
    if await find_magick(None) is None:
        pytest.skip("no ImageMagick on this machine")
    real = next(path for name in CANDIDATES if (path := shutil.which(name)))
    link = tmp_path / "magick-of-the-test"
    link.write_text(f'#!/bin/sh\nexec "{real}" "$@"\n')
    link.chmod(0o755)
    return link


@pytest.fixture
def settings(nats_url: str, tmp_path: Path, js: JetStreamContext) -> Settings:
    """Give the settings of an optimizer."""
    del js
    (tmp_path / "objects").mkdir()
    return Settings(
        nats_url=nats_url, storage_url=(tmp_path / "objects").as_uri(), ack_wait_seconds=3.0
    )


async def test_all_is_well(settings: Settings, command: Path, ask: Ask) -> None:
    """A picture goes through each engine, and another through the door for strangers."""
    whole = settings.model_copy(update={"im_cli": str(command), "image_opt_avif": True})
    async with answering(whole, opener(whole)):
        found = await ask("optimizer")

    assert bad(found) == {}
    assert "made png, webp, jpeg, avif, thumbnail of a picture" in found["libvips"].seen
    assert "made png, webp, jpeg, thumbnail of a picture" in found["imagemagick"].seen
    assert found["door"].seen.endswith("made a stranger's picture anew: jpeg")


async def test_libvips_is_off_and_imagemagick_goes(
    settings: Settings, command: Path, ask: Ask
) -> None:
    """One is switched off, which is said; the other was there at the start and is not any more."""
    alone = settings.model_copy(update={"im_cli": str(command), "image_opt_vips": False})
    async with answering(alone, opener(alone)):
        before = await ask("optimizer")
        command.unlink()
        after = await ask("optimizer")

    assert bad(before) == {"libvips": ("warn", VIPS_OFF.text)}
    assert list(bad(after)) == ["libvips", "imagemagick"]
    assert f"{command} does not start: " in after["imagemagick"].seen
    assert after["imagemagick"].todo == MAGICK_MEND


async def test_no_imagemagick(
    settings: Settings, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without it all works, and what libvips cannot do is published as it is."""
    monkeypatch.setattr("techub_optimizer.magick.CANDIDATES", ("magick-that-is-nowhere",))
    async with answering(settings, opener(settings)):
        found = await ask("optimizer")

    assert os.fspath(tmp_path) in found["store"].seen
    assert bad(found) == {"imagemagick": ("warn", NO_MAGICK.text)}
    assert found["imagemagick"].todo == NO_MAGICK.todo
