"""Colours by lightness, chroma and hue (OKLCH), so that equal lightness is equal contrast."""

from math import cos, radians, sin
from typing import Final

_STEP: Final = 0.005
_TOLERANCE: Final = 0.0005
_LINEAR_BELOW: Final = 0.0031308
_LINEAR_BELOW_ENCODED: Final = 0.04045


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return #rrggbb, giving up chroma until the colour exists on a screen."""
    while True:
        channels = _linear(lightness, chroma, hue)
        if chroma <= 0 or all(-_TOLERANCE <= channel <= 1 + _TOLERANCE for channel in channels):
            return "#" + "".join(f"{_encoded(channel):02x}" for channel in channels)
        chroma = max(0.0, chroma - _STEP)


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb as WCAG defines it."""
    red, green, blue = (_decoded(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encoded(channel: float) -> int:
    level = min(1.0, max(0.0, channel))
    curved = 12.92 * level if level <= _LINEAR_BELOW else 1.055 * level ** (1 / 2.4) - 0.055
    return round(255 * curved)


def _decoded(level: int) -> float:
    channel = level / 255
    return (
        channel / 12.92 if channel <= _LINEAR_BELOW_ENCODED else ((channel + 0.055) / 1.055) ** 2.4
    )
