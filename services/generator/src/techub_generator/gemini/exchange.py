"""A question to a model, its answer, and what can be wrong instead of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from techub_generator.gemini.providers import Name
from techub_generator.profile import Fact

LONGEST_KEPT: Final = 20_000  # characters


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes and MIME type."""

    content: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked.

    With `json` it is to answer a JSON document, with `schema` (Gemini's own spelling, types in
    upper case) one of that shape. `tokens` is the most it may say, thoughts included.
    """

    text: str
    system: str = ""
    json: bool = False
    schema: Mapping[str, Any] | None = None
    temperature: float = 0.3
    tokens: int = 800
    pictures: tuple[Picture, ...] = ()

    def exchanged(self, came: "Answer | Unanswered", wrong: Sequence[str] = ()) -> "Exchange":
        """Return what was said: the question, what came back, and what was wrong with that."""
        return Exchange(
            provider=came.provider,
            model=came.model,
            system=self.system,
            question=self.text,
            answer=came.text[:LONGEST_KEPT],
            wrong=tuple(wrong),
        )


class Exchange(Fact):
    """A question and its answer word for word, for operators to read; private, never told.

    `wrong` says why the answer, if there was one, did not serve. Of an answer the first
    `LONGEST_KEPT` characters are kept.
    """

    provider: str
    model: str
    system: str
    question: str
    answer: str
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; what a model thought counts as said."""

    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def total(self) -> int:
        """Return all tokens."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: `text` of a question, `picture` of a drawing."""

    provider: Name
    model: str
    text: str = ""
    picture: Picture | None = None
    finish_reason: str | None = None
    usage: Usage = Usage()
    duration_ms: int = 0


class Kind(StrEnum):
    """Why there is no answer."""

    schema_refused = "schema_refused"
    rate_limited = "rate_limited"
    unavailable = "unavailable"
    timed_out = "timed_out"
    no_access = "no_access"
    refused = "refused"
    blocked = "blocked"
    recited = "recited"
    truncated = "truncated"
    empty = "empty"
    unreadable = "unreadable"


SENTENCES: Final[Mapping[Kind, str]] = {
    Kind.schema_refused: "did not accept the shape of the question",
    Kind.rate_limited: "allows no more questions for now",
    Kind.unavailable: "does not answer at the moment",
    Kind.timed_out: "took longer than it may",
    Kind.no_access: "does not let us in: the credential, the project or the model is wrong",
    Kind.refused: "refused the question",
    Kind.blocked: "blocked the answer as unsafe",
    Kind.recited: "stopped because the answer repeated a known text",
    Kind.truncated: "did not come to an end",
    Kind.empty: "answered nothing",
    Kind.unreadable: "answered something that could not be read",
}


class Unanswered(Exception):
    """There is no answer; the message is ours and safe to show, nothing of the vendor's is in it.

    `paid` says that it may have cost something, `retry_after` how many seconds they asked us to
    wait, `text` what was said before it broke off.
    """

    def __init__(  # noqa: PLR0913  # what is known of a call that failed
        self,
        kind: Kind,
        provider: Name,
        model: str,
        *,
        paid: bool = False,
        retry_after: float | None = None,
        finish_reason: str | None = None,
        usage: Usage = Usage(),  # frozen
        duration_ms: int = 0,
        text: str = "",
    ) -> None:
        super().__init__(f"{provider.spoken} {SENTENCES[kind]}.")
        self.kind = kind
        self.provider = provider
        self.model = model
        self.paid = paid
        self.retry_after = retry_after
        self.finish_reason = finish_reason
        self.usage = usage
        self.duration_ms = duration_ms
        self.text = text
