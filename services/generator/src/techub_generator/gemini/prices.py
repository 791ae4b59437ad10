"""What tokens cost, as an estimate: https://ai.google.dev/gemini-api/docs/pricing, paid tier."""

import math
from collections.abc import Mapping
from typing import Final

from techub_generator.gemini.exchange import Usage

# US dollars per million tokens, which is millionths of a dollar per token: said to it, said by it.
PRICES: Final[Mapping[str, tuple[float, float]]] = {
    "gemini-2.0-flash": (0.10, 0.40),
    "gemini-2.5-flash": (0.30, 2.50),
    "gemini-2.5-flash-image": (0.30, 30.00),
    "gemini-2.5-flash-lite": (0.10, 0.40),
    "gemini-2.5-pro": (1.25, 10.00),
}
UNKNOWN: Final = PRICES["gemini-2.5-pro"]  # rather too dear than too cheap


def cost_micros(model: str, usage: Usage) -> int:
    """Return the estimated cost in millionths of a US dollar, rounded up."""
    known = [name for name in PRICES if model == name or model.startswith(f"{name}-")]
    said_to, said_by = PRICES[max(known, key=len)] if known else UNKNOWN
    return math.ceil(usage.tokens_in * said_to + usage.tokens_out * said_by)
