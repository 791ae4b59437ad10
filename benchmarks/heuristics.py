"""What a card costs that no model writes, beside reading the profile it is written about.

`python benchmarks/heuristics.py [--people 500]` prints Markdown. Times are processor time of one
core, so that a busy machine only adds what it takes away from the caches.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.unit.generator.crowd import READ_AT, crowd

from techub_generator.heuristics import reasons_of, traits_of
from techub_generator.profile import GitHubProfile, Repository

MANY = 1_000
LANGUAGES = ("Python", "Ruby", "Go", "C", "C++", "Rust", "HTML", "CSS", "PHP")
TARGET = 5.0

T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    artifacts = [one.model_dump_json() for one in crowd(parser.parse_args().people)]
    huge = [GitHubProfile.model_dump_json(_huge(number)) for number in range(20)]
    traits_of(_huge(0))  # a running service has compiled its patterns
    print("\n| profiles | reading one, median | card, median | card, slowest | target | ratio |")
    print("|---|---|---|---|---|---|")
    for what, written in (("the crowd of the tests", artifacts), (f"{MANY:,} repositories", huge)):
        read, cards = [], []
        for text in written:
            person, took = _took(lambda: GitHubProfile.model_validate_json(text))  # noqa: B023  # called at once
            read.append(took)
            cards.append(_took(lambda: (traits_of(person), reasons_of(person)))[1])  # noqa: B023
        reading, card = statistics.median(read), statistics.median(cards)
        print(
            f"| {what} | {reading:.2f} ms | {card:.2f} ms | {max(cards):.2f} ms "
            f"| ≤ {TARGET:.0f} ms | {card / reading:.2f} |"
        )


def _took(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work made, and how many milliseconds of processor time it took."""
    started = time.process_time()
    made = work()
    return made, (time.process_time() - started) * 1000


def _huge(number: int) -> GitHubProfile:
    login = f"huge-{number}"
    return GitHubProfile(
        id=number,
        login=login,
        created_at=READ_AT,
        read_at=READ_AT,
        repositories=tuple(
            Repository(
                name=f"r{index}",
                full_name=f"{login}/r{index}",
                stars=index,
                language=LANGUAGES[index % len(LANGUAGES)],
            )
            for index in range(MANY)
        ),
    )


if __name__ == "__main__":
    main()
