"""Who wrote a card, as its page says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PROVIDERS: Final[Mapping[str, str]] = {"ai_studio": "AI Studio", "vertex": "Vertex AI"}
MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Byline:
    """Who wrote the words, and in small letters how."""

    who: str
    how: str


def byline_of(provenance: Mapping[str, Any]) -> Byline | None:
    """Return who wrote a card; None when that was never written down."""
    provider = str(provenance.get("provider") or "")
    if provider in PROVIDERS:
        return Byline(_spoken(str(provenance.get("model") or "a model")), _how(provenance))
    if provider == "heuristics":
        reason = str(provenance.get("fallback_reason") or "")
        return Byline("The rules of TecHub", reason or "without a model")
    return Byline("Carried over", "from the card before") if provider == "mock" else None


def drawn_by(provider: str) -> str:
    """Return through whom an artwork was drawn."""
    return f"Gemini, through {PROVIDERS[provider]}" if provider in PROVIDERS else provider


def _how(provenance: Mapping[str, Any]) -> str:
    provider = PROVIDERS[str(provenance["provider"])]
    parts = [f"through {provider}"]
    if version := provenance.get("prompt_version"):
        parts.append(f"prompt {version}")
    if provenance.get("reused"):
        parts.append("kept, as nothing had changed")
    elif attempts := provenance.get("attempts"):
        parts.append("at the first try" if attempts == 1 else f"in {attempts} tries")
        parts.append(f"{provenance.get('tokens', 0):,} tokens")
    if cost := provenance.get("cost_micros"):
        parts.append(f"about ${cost / MICROS:.4f}")
    return ", ".join(parts)


def _spoken(model: str) -> str:
    """Return a model's name as people write it: `gemini-2.5-flash` is Gemini 2.5 Flash."""
    return " ".join(part.capitalize() for part in model.split("-"))
