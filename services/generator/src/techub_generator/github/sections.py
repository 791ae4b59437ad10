"""Which sections of an account were read, and what stands where one could not be."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from techub_common.events import Section
from techub_generator.kept import Kept
from techub_generator.profile import GitHubProfile

# Where a section's value stands in the profile, unless under its own name.
FIELDS: Final[Mapping[str, str]] = {"languages": "language_bytes", "activity": "seen"}

T = TypeVar("T")


class Sections:
    """Takes what was read, and keeps what was known of the rest.

    `states` is what became of each section that was asked for, `unread` are those of which nothing
    is known.
    """

    def __init__(self, before: GitHubProfile | None) -> None:
        self._before = before
        self.states: dict[str, Section] = {}
        self.unread: list[str] = []

    def take(self, name: str, value: T | None, nothing: T, *, asked: bool = True) -> T:
        """Return the value, or when it could not be read (None) what was known, or `nothing`.

        A section nobody could ask for is as little known, but nothing of it was lost.
        """
        if not asked:
            return self._known(name, nothing)
        if value is None:
            self.states[name] = Section.kept
            return self._known(name, nothing)
        self.states[name] = Section.read if value else Section.cleared
        return value

    def _known(self, name: str, nothing: T) -> T:
        if self._before is None or not self._knows(self._before, name):
            self.unread.append(name)
            return nothing
        known: Any = getattr(self._before, FIELDS.get(name, name))
        return nothing if known is None else known

    def answers(
        self, read: Mapping[str, Kept], section_of: Callable[[str], str]
    ) -> dict[str, Kept]:
        """Return what to ask conditionally the next time; of a kept section, what it was before."""
        old = self._before.answers if self._before else {}

        def is_kept(key: str) -> bool:
            return self.states.get(section_of(key)) is Section.kept

        return {
            **{key: one for key, one in read.items() if not is_kept(key)},
            **{key: one for key, one in old.items() if is_kept(key)},
        }

    @staticmethod
    def _knows(before: GitHubProfile, name: str) -> bool:
        return name not in before.unread and getattr(before, FIELDS.get(name, name)) is not None
