"""What the gateway tells about money: no person and no profile is meant."""

from datetime import date
from typing import ClassVar

from techub_common.events.base import Event


class BudgetExhausted(Event):
    """The day's tokens are used up: until midnight (UTC) cards are written by heuristics.

    `run_id` is derived from the day, `login` is a dash. `tokens` were taken, `promised` is what
    open runs may still take; the cost is estimated, in millionths of a US dollar.
    """

    subject: ClassVar[str] = "budget.exhausted"
    type: ClassVar[str] = "techub.budget.exhausted.v1"

    day: date
    tokens: int
    promised: int = 0
    budget: int
    cost_micros: int = 0

    def key(self) -> str:
        """Return the day."""
        return str(self.day)
