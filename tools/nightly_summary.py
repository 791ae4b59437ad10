"""Prints what a nightly came to, as a table that can be kept in docs/benchmarks.md."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

SKIPPED, FAILED = "skipped", ("failure", "error")


@dataclass(slots=True)
class Group:
    """The cases of one trouble."""

    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many there were."""
        return self.passed + self.skipped + len(self.failed)


def group_of(case: ET.Element) -> str:
    """Return the trouble in a case's id, or the test's own name where it has no table."""
    name = case.get("name", "")
    found = re.fullmatch(r".*\[(.+)-[a-z]+\]", name)
    return found[1] if found else name.partition("[")[0]


def grouped(report: ET.Element) -> dict[str, Group]:
    """Return the groups in the order of their names."""
    groups: dict[str, Group] = defaultdict(Group)
    for case in report.iter("testcase"):
        if not case.get("name"):  # what was under way when somebody interrupted it
            continue
        group = groups[group_of(case)]
        group.seconds.append(float(case.get("time", 0)))
        kinds = {child.tag for child in case}
        if kinds.intersection(FAILED):
            group.failed.append(case.get("name", ""))
        elif SKIPPED in kinds:
            group.skipped += 1
        else:
            group.passed += 1
    return dict(sorted(groups.items()))


def lines(report: ET.Element) -> Iterator[str]:
    """Give the table, one line per trouble, then the sum, then every case that failed."""
    groups = grouped(report)
    yield "| trouble | cases | passed | skipped | failed | longest, s |"
    yield "|---|---|---|---|---|---|"
    for name, one in groups.items():
        longest = max(one.seconds)
        yield (
            f"| {name} | {one.cases} | {one.passed} | {one.skipped} | {len(one.failed)} "
            f"| {longest:.0f} |"
        )
    cases, passed = (
        sum(getattr(one, what) for one in groups.values()) for what in ("cases", "passed")
    )
    [suite] = report.iter("testsuite")
    minutes = float(suite.get("time", 0)) / 60
    yield ""
    yield f"{passed} of {cases} cases passed in {minutes:.1f} min, begun {suite.get('timestamp')}."
    yield from (f"failed: {name}" for one in groups.values() for name in one.failed)


if __name__ == "__main__":
    report = ET.fromstring(Path(sys.argv[1]).read_text("utf-8"))  # noqa: S314  # pytest's own
    print("\n".join(lines(report)))
