"""A call to a model as it travels with the card: whom it went to, what came of it, what it took."""

from typing import Final

from techub_common.events import ModelCall
from techub_generator.gemini.exchange import Answer, Unanswered
from techub_generator.gemini.prices import cost_micros

ANSWERED: Final = "answered"
INVALID: Final = "invalid"


def call_of(came: Answer | Unanswered, outcome: str, purpose: str = "traits") -> ModelCall:
    """Return the call with its tokens and its estimated cost."""
    return ModelCall(
        purpose=purpose,
        provider=came.provider,
        model=came.model,
        outcome=outcome,
        finish_reason=came.finish_reason,
        tokens_in=came.usage.tokens_in,
        tokens_out=came.usage.tokens_out,
        cost_micros=cost_micros(came.model, came.usage),
        duration_ms=came.duration_ms,
    )
