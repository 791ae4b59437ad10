"""Runs seeds, and says which of them went wrong and how."""

from dataclasses import dataclass

from .checks import problems
from .system import Order, System
from .world import Violation


@dataclass(slots=True)
class Tally:
    """What was seen over all schedules: a world without trouble proves nothing."""

    schedules: int = 0
    accepted: int = 0
    requests: int = 0
    crashes: int = 0
    retold: int = 0
    losses: int = 0
    parked: int = 0
    digests: int = 0
    reports: int = 0


def run_schedule(seed: int, order: Order | None = None, tally: Tally | None = None) -> list[str]:
    """Return what went wrong with a seed; nothing, when all is well."""
    system = System(seed, order)
    try:
        system.world.run()
        found = list(problems(system))
    except Violation as violation:
        found = [str(violation)]
    finally:
        system.world.close()
    if tally is not None:
        _count(tally, system)
    return found


def _count(tally: Tally, system: System) -> None:
    rows = system.memory.deliveries.values()
    tally.schedules += 1
    tally.accepted += len(system.provider.accepted)
    tally.requests += len(system.provider.asked)
    tally.crashes += system.world.crashes
    tally.retold += system.ledger.retold
    tally.losses += system.losses
    tally.parked += sum(row.state == "parked" for row in rows)
    tally.digests += sum(row.new.event == "digest" for row in rows)
    tally.reports += sum(row.reported is not None for row in rows)
