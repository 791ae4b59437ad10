"""How much of a core each process of a stack uses between two looks."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from techub_devstack.stack import Stack

ALL = "the whole machine"


@dataclass(frozen=True, slots=True)
class Looked:
    """CPU seconds used so far, by name, and when that was."""

    at: float
    seconds: Mapping[str, float]

    def since(self, before: "Looked") -> dict[str, float]:
        """Return the cores used by each since `before`: 1.0 is one core all the time."""
        took = self.at - before.at
        return {name: (used - before.seconds[name]) / took for name, used in self.seconds.items()}


def pids_of(stack: Stack, *names: str) -> dict[str, int]:
    """Return these services, and the servers they stand on."""
    services = {name: stack.services[name].pid for name in names}
    return services | {"postgres": stack.postgres.pid, "nats": stack.nats.pid}


def look(pids: Mapping[str, int]) -> Looked:
    """Return what each process and its descendants have used, and everybody together."""
    machine = psutil.cpu_times()
    everybody = machine.user + machine.nice + machine.system + machine.softirq + machine.irq
    used = {name: _used(pid) for name, pid in pids.items()}
    return Looked(time.perf_counter(), used | {ALL: everybody})


def _used(pid: int) -> float:
    parent = psutil.Process(pid)
    own = parent.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return total
