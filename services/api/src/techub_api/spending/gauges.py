"""What models took today, and what they may take, for whoever watches."""

import asyncio
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from techub_api.policy.switching import in_force
from techub_api.settings import Settings
from techub_api.spending.budget import spent_today
from techub_common.backlog import UNKNOWN
from techub_common.database import Sessions, transaction
from techub_common.errors import Away

EVERY_SECONDS: Final = 5.0
MICROS: Final = 1_000_000


class SpentToday:
    """Shows the day's tokens, dollars and budget; every replica the same, NaN without Postgres."""

    def __init__(self, settings: Settings, sessions: Sessions, registry: CollectorRegistry) -> None:
        self._settings = settings
        self._sessions = sessions
        self._tokens = Gauge(
            "techub_model_tokens_today", "Tokens models took today (UTC)", registry=registry
        )
        self._dollars = Gauge(
            "techub_model_dollars_today",
            "What they cost, estimated, in US dollars",
            registry=registry,
        )
        self._budget = Gauge(
            "techub_model_budget_tokens",
            "What they may take a day; infinite without a budget",
            registry=registry,
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Bring the gauges up to date."""
        tokens = dollars = budget = UNKNOWN
        with suppress(Away):
            async with transaction(self._sessions) as session:
                spent = await spent_today(session)
                switches = await in_force(session, self._settings)
            tokens, dollars = float(spent.tokens), spent.cost_micros / MICROS
            budget = float("inf") if switches.daily_tokens is None else switches.daily_tokens
        self._tokens.set(tokens)
        self._dollars.set(dollars)
        self._budget.set(budget)
