"""Real pictures, and the engines that work on them."""

import io
import math
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw

from techub_optimizer.images import Libvips, open_libvips
from techub_optimizer.magick import CANDIDATES


@pytest.fixture(scope="session")
def vips() -> Iterator[Libvips]:
    """Give libvips set up as in the service."""
    with open_libvips() as vips:
        yield vips


@pytest.fixture(scope="session")
def magick_command() -> str:
    """Give the ImageMagick of this machine."""
    for name in CANDIDATES:
        command = shutil.which(name)
        if command and _says_imagemagick(command):
            return command
    pytest.skip("no ImageMagick on this machine")


def _says_imagemagick(command: str) -> bool:
    answer = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.startswith("Version: ImageMagick")


@pytest.fixture(scope="session")
def capture() -> bytes:
    """Give a picture like a card: flat shapes and a gradient, written in haste."""
    gradient = Image.linear_gradient("L").resize((1200, 630))
    image = Image.merge("RGB", (gradient, gradient.transpose(Image.Transpose.ROTATE_180), gradient))
    draw = ImageDraw.Draw(image)
    for step in range(12):
        draw.ellipse(
            (80 * step, 40 * step, 80 * step + 300, 40 * step + 150), fill=(20 * step, 80, 160)
        )
    return encoded(image, "PNG", compress_level=1)


@pytest.fixture(scope="session")
def colourful() -> bytes:
    """Give a picture with far more colours than a palette holds."""
    image = Image.new("RGB", (300, 200))
    image.putdata(
        [
            (x * 255 // 299, y * 255 // 199, int(127 + 127 * math.sin(x * y / 700)))
            for y in range(200)
            for x in range(300)
        ]
    )
    return encoded(image, "PNG", compress_level=1)


def encoded(image: Image.Image, form: str, **options: int) -> bytes:
    """Return the picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return the decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
