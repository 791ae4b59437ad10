"""The questions one card has taken so far, and what an answer to one of them is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from techub_common.events import ModelCall
from techub_common.traits import CardTraits
from techub_generator.gemini.calls import ANSWERED, INVALID, call_of
from techub_generator.gemini.context import Material, context_of
from techub_generator.gemini.exchange import Answer, Exchange, Kind, Question, Unanswered
from techub_generator.gemini.normal import KEYS, normal
from techub_generator.gemini.prompts import TraitsPrompt
from techub_generator.gemini.providers import Name
from techub_generator.gemini.reading import object_in
from techub_generator.prose import listed
from techub_generator.traits import TEXTS, WrittenTraits, violations

PAID_CALLS: Final = 3
PAID_AFTER_A_REFUSED_SCHEMA: Final = 1


@dataclass(slots=True)
class Sitting:
    """One card's questions: how many more may cost something, until when, and why they failed."""

    material: Material
    ends: float
    paid_left: int = PAID_CALLS
    plain: bool = False
    calls: list[ModelCall] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    reasons: dict[Name, str] = field(default_factory=dict)

    def prompt(self, *, plain: bool) -> TraitsPrompt:
        """Return the prompt, with or without what people wrote in sentences."""
        return TraitsPrompt(context_of(self.material, plain=plain))

    def failed(self, error: Unanswered, question: Question) -> None:
        """Take down a question that was not answered."""
        self.calls.append(call_of(error, error.kind))
        self.exchanges.append(question.exchanged(error, [str(error)]))
        self.paid_left -= error.paid
        if error.kind is Kind.schema_refused:
            self.paid_left = min(self.paid_left, PAID_AFTER_A_REFUSED_SCHEMA)
        self.plain = self.plain or error.kind is Kind.blocked
        self.reasons[error.provider] = str(error).rstrip(".")

    def judge(
        self, answer: Answer, question: Question, prompt: TraitsPrompt
    ) -> tuple[CardTraits | None, list[str]]:
        """Take down an answer; return its traits, or what is wrong with it."""
        self.paid_left -= 1
        traits, wrong = _judged(answer.text, prompt, self.material)
        self.calls.append(call_of(answer, INVALID if wrong else ANSWERED))
        self.exchanges.append(question.exchanged(answer, wrong))
        if wrong:
            self.reasons[answer.provider] = f"{answer.provider.spoken} wrote no valid card"
        return traits, wrong

    @property
    def reason(self) -> str:
        """Return why there is no card."""
        return listed(list(self.reasons.values())) or "there was nobody to ask"


def _judged(
    text: str, prompt: TraitsPrompt, material: Material
) -> tuple[CardTraits | None, list[str]]:
    found = object_in(text, KEYS)
    if found is None:
        return None, ["The answer was not one JSON object with the twenty keys."]
    traits, names = normal(found), material.names
    wrong = violations(traits, names) + _repeated(traits, prompt)
    if wrong:
        return None, wrong
    return WrittenTraits.model_validate(traits, context={"names": names}), []


def _repeated(traits: Mapping[str, Any], prompt: TraitsPrompt) -> list[str]:
    return [
        f"{key}: must not repeat the instructions"
        for key in TEXTS
        if isinstance(traits.get(key), str) and prompt.repeats(traits[key])
    ]
