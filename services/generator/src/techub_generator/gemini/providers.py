"""The two ways to Gemini, and in which order they are taken."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr


class Name(StrEnum):
    """A way to Gemini, as settings and cards spell it."""

    ai_studio = "ai_studio"
    vertex = "vertex"

    @property
    def spoken(self) -> str:
        """Return what a person calls it."""
        return "AI Studio" if self is Name.ai_studio else "Vertex AI"


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to Gemini, with everything that is needed to take it.

    `base` is its address without the API's version. AI Studio has a `key`; Vertex has a `project`,
    a `location` and `credentials`, a service account's file; without one it is whatever the machine
    itself may do (application default credentials).
    """

    name: Name
    model: str
    image_model: str
    base: str
    version: str
    key: SecretStr | None = field(default=None, repr=False)
    project: str = ""
    location: str = ""
    credentials: Path | None = None


@dataclass(frozen=True, slots=True)
class Providers:
    """Who is asked for text and who for pictures, the first one first; empty: nobody is."""

    text: tuple[Provider, ...] = ()
    images: tuple[Provider, ...] = ()
