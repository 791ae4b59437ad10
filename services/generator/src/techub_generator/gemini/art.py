"""What artworks there are, and the words each is asked for with.

Of what people wrote only languages and topics are told, whose alphabet is narrow: a picture has no
fence that a sentence could be put behind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

from techub_common.events import ARTWORKS
from techub_generator.gemini.exchange import Picture, Question
from techub_generator.gemini.prompts import template
from techub_generator.heuristics.facts import years_of
from techub_generator.profile import GitHubProfile
from techub_generator.prose import cut, listed

ARTWORK_VERSION: Final = "artwork-1"
TEMPERATURE: Final = 0.4
LANGUAGES: Final = 3
TOPICS: Final = 3
LONGEST_TRAITS: Final = 160
LONGEST_DESCRIPTION: Final = 400
HIGHLY: Final = 60  # public events of the last 90 days
FAIRLY: Final = 20
THOUSAND: Final = 1000

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 +#./'-]{0,29}")


@dataclass(frozen=True, slots=True)
class Form:
    """The shape of an artwork: its template, the ratio asked for, whether the avatar is shown.

    The API knows no 3:1; 21:9 is its widest.
    """

    wording: str
    ratio: str
    portrait: bool = False


FORMS: Final[Mapping[str, Form]] = dict(
    zip(
        ARTWORKS,
        (
            Form("1x1", "1:1", portrait=True),
            Form("16x9", "16:9"),
            Form("3x1", "21:9"),
            Form("9x16", "9:16"),
            Form("1x1_alt", "1:1", portrait=True),
            Form("1x1_alt2", "1:1", portrait=True),
            Form("1x1_alt3", "1:1", portrait=True),
        ),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class ArtPrompt:
    """What one artwork is asked for with: traits always, the avatar and its description if any."""

    form: Form
    traits: str
    description: str | None = None
    avatar: Picture | None = None

    def question(self, *, plain: bool = False) -> Question:
        """Return the question; a `plain` one says and shows nothing of the avatar."""
        shown = self.avatar if self.form.portrait and not plain else None
        text = Template(_wording("picture")).substitute(
            guidance=_wording(self.form.wording),
            subject=self._subject(shown=shown is not None, plain=plain),
            traits=self.traits,
        )
        pictures = (shown,) if shown else ()
        return Question(text=text, temperature=TEMPERATURE, pictures=pictures)

    def _subject(self, *, shown: bool, plain: bool) -> str:
        parts = [_wording("attached")] if shown else []
        if self.description and not plain:
            said = cut(self.description.replace('"', "'"), LONGEST_DESCRIPTION)
            parts.append(Template(_wording("as-seen")).substitute(description=said))
        return "\n".join(parts) or _wording("unseen")


def traits_line(profile: GitHubProfile) -> str:
    """Return the account in a few words of ours: languages, topics, reach, age and activity."""
    topics = [topic for one in profile.top_repositories for topic in one.topics]
    parts = [
        _told("writes", list(profile.languages)[:LANGUAGES]),
        _told("works on", list(dict.fromkeys(topics))[:TOPICS]),
        f"{_band(profile.followers)} followers",
        f"{years_of(profile)} years on GitHub",
        _activity(profile),
        "open to work" if profile.hireable else None,
    ]
    return cut(", ".join(part for part in parts if part), LONGEST_TRAITS)


def _told(verb: str, words: list[str]) -> str | None:
    fit = [word for word in words if _WORD.fullmatch(word)]
    return f"{verb} {listed(fit)}" if fit else None


def _band(number: int) -> str:
    return f"{number / THOUSAND:.1f}k" if number >= THOUSAND else str(number)


def _activity(profile: GitHubProfile) -> str | None:
    if profile.activity is None:
        return None
    events = profile.activity.total_events
    level = "high" if events >= HIGHLY else "medium" if events >= FAIRLY else "low"
    return f"{level} activity lately"


def _wording(name: str) -> str:
    return template(ARTWORK_VERSION, name).strip()
