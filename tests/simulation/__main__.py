"""`python -m tests.simulation`: runs schedules and prints how many; a seed that fails is named."""

import argparse
import logging
import sys
import time
from dataclasses import asdict
from multiprocessing import Pool

import structlog

from .schedules import Tally, run_schedule

SHOWN = 10


def main() -> None:
    """Run the seeds that were asked for; exit 1 when one went wrong."""
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay one")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    quiet()
    if options.seed is not None:
        seeds = [options.seed]
    else:
        seeds = list(range(options.first, options.first + options.schedules))
    started = time.monotonic()
    tally, wrong = run_all(seeds, options.workers)
    print(f"{tally.schedules} schedules in {time.monotonic() - started:.0f} s")  # noqa: T201
    counted = {name: count for name, count in asdict(tally).items() if name != "schedules"}
    print(", ".join(f"{count:,} {name}" for name, count in counted.items()))  # noqa: T201
    for seed, problem in wrong[:SHOWN]:
        print(f"seed {seed}: {problem}")  # noqa: T201
    sys.exit(1 if wrong else 0)


def quiet() -> None:
    """Let nobody log: a schedule is looked at by its checks."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def run_all(seeds: list[int], workers: int) -> tuple[Tally, list[tuple[int, str]]]:
    """Return what was seen, and each seed that went wrong with its first problem."""
    parts = [seeds[start::workers] for start in range(workers)]
    if workers == 1:
        results = [_run_some(seeds)]
    else:
        with Pool(workers, initializer=quiet) as pool:
            results = pool.map(_run_some, parts)
    total = Tally()
    wrong = []
    for tally, failed in results:
        for name, count in asdict(tally).items():
            setattr(total, name, getattr(total, name) + count)
        wrong += failed
    return total, sorted(wrong)


def _run_some(seeds: list[int]) -> tuple[Tally, list[tuple[int, str]]]:
    tally = Tally()
    wrong = []
    for seed in seeds:
        found = run_schedule(seed, tally=tally)
        if found:
            wrong.append((seed, found[0]))
    return tally, wrong


if __name__ == "__main__":
    main()
