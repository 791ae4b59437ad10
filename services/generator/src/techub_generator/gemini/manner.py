"""How a card is asked for, and how it is asked again after what came back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from techub_generator.gemini.exchange import Kind, Question, Unanswered
from techub_generator.gemini.prompts import TraitsPrompt
from techub_generator.gemini.schema import Dialect, schema_of

TEMPERATURE: Final = 0.7
CAREFUL: Final = 0.25
DARING: Final = 1.0
TOKENS: Final = 2300
MORE_TOKENS: Final = 4600


@dataclass(frozen=True, slots=True)
class Manner:
    """How the next question is put.

    `proven` says that the provider has answered in this dialect before. A `plain` question leaves
    out what people wrote in sentences. `broken` is the last answer and what was wrong with it.
    """

    dialect: Dialect = Dialect.ranged
    proven: bool = False
    temperature: float = TEMPERATURE
    tokens: int = TOKENS
    plain: bool = False
    own_words: bool = False
    broken: tuple[str, tuple[str, ...]] | None = None

    def put(self, prompt: TraitsPrompt) -> Question:
        """Return the question."""
        if self.broken:
            text = prompt.again(*self.broken)
        else:
            text = prompt.in_own_words() if self.own_words else prompt.question()
        return Question(
            text=text,
            system=prompt.system,
            json=True,
            schema=schema_of(self.dialect),
            temperature=self.temperature,
            tokens=self.tokens,
        )

    def corrected(self, answer: str, wrong: list[str]) -> "Manner":
        """Return how to ask after an answer that broke the rules."""
        return replace(self, temperature=CAREFUL, broken=(answer, tuple(wrong)))

    def after(self, error: Unanswered) -> "Manner | None":
        """Return how to ask the same provider once more; None when that makes no sense."""
        if error.kind is Kind.schema_refused or (error.kind is Kind.empty and not self.proven):
            plainer = self.dialect.plainer
            return None if plainer is None else replace(self, dialect=plainer, proven=False)
        return AFTER[error.kind](self) if error.kind in AFTER else None


def _same(manner: Manner) -> Manner:
    return manner


def _longer(manner: Manner) -> Manner:
    return replace(manner, tokens=MORE_TOKENS)


def _other_words(manner: Manner) -> Manner:
    return replace(manner, temperature=DARING, own_words=True, broken=None)


def _plainer(manner: Manner) -> Manner | None:
    """What strangers wrote is what a filter minds; without it there is nothing to change."""
    return None if manner.plain else replace(manner, plain=True, broken=None)


AFTER: Final[Mapping[Kind, Callable[[Manner], Manner | None]]] = {
    Kind.truncated: _longer,
    Kind.recited: _other_words,
    Kind.blocked: _plainer,
    Kind.empty: _same,
    Kind.unreadable: _same,
    Kind.rate_limited: _same,
    Kind.unavailable: _same,
}
