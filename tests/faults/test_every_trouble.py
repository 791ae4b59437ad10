"""Any trouble at any step of a run: it ends in success, nothing is lost, nothing is done twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.conftest import Person
from tests.faults.checks import (
    asked_of_github,
    highest_tell,
    nothing_left,
    nothing_repeated,
    one_mail,
    redeliveries,
    rightly_ended,
    whole_pictures,
)
from tests.faults.people import newcomer
from tests.faults.steps import BY_NAME, STEPS, Step
from tests.faults.troubles import BUCKET, BUCKET_FOR_LONG, FOLDER, SERVERS, SIGNALS, Trouble

OVER_SECONDS: Final = 100.0

# What `make test` runs of the table: every service and server once or twice, each step at least
# once. The rest is for `make nightly`.
ALWAYS: Final = {
    "api-SIGKILL-submitted",
    "api-SIGKILL-captured",
    "generator-SIGKILL-avatar",
    "screenshotter-SIGKILL-card",
    "optimizer-SIGKILL-captured",
    "notifier-SIGKILL-ended",
    "api-SIGTERM-pulling",
    "generator-SIGTERM-pulling",
    "screenshotter-SIGTERM-eligible",
    "optimizer-SIGTERM-captured",
    "notifier-SIGTERM-ended",
    "nats-restarted-captured",
    "nats-wiped-card",
    "postgres-restarted-optimized",
    "folder-read-only-card",
}


def _cases(*troubles: Trouble, steps: Sequence[Step] = STEPS) -> list[Any]:
    cases = []
    for trouble in troubles:
        for step in steps:
            name = f"{trouble.name}-{step.name}"
            marks = () if name in ALWAYS else (pytest.mark.slow,)
            cases.append(pytest.param(trouble, step, id=name, marks=marks))
    return cases


@pytest.mark.parametrize(("trouble", "step"), _cases(*SIGNALS, *SERVERS, *FOLDER))
async def test_trouble(person: Person, answers: Path, trouble: Trouble, step: Step) -> None:
    """The run ends well with every picture whole, everybody is told once, all is settled."""
    await _live_through(person, answers, trouble, step)


@pytest.mark.parametrize(
    ("trouble", "step"), [*_cases(*BUCKET), *_cases(BUCKET_FOR_LONG, steps=[BY_NAME["card"]])]
)
async def test_trouble_with_a_bucket(
    bucket_person: Person, answers: Path, trouble: Trouble, step: Step
) -> None:
    """The same where the objects lie in a bucket."""
    await _live_through(bucket_person, answers, trouble, step)


async def _live_through(person: Person, answers: Path, trouble: Trouble, step: Step) -> None:
    stack, login = person.stack, newcomer(answers, trouble.name.lower())
    delivered = await redeliveries(stack)
    step.at.hold(stack, login)
    accepted = await person.submit(login)
    await step.at.reached(person, login, accepted["events_url"])
    asked = asked_of_github(stack, login)

    await trouble.happens(stack)
    run = await person.until_told(accepted["run_id"], within=OVER_SECONDS)

    rightly_ended(run, trouble.may_lose)
    await nothing_left(stack, run["run_id"])
    await whole_pictures(person, run, login)
    await one_mail(person, run, login)
    after = asked_of_github(stack, login)
    nothing_repeated(asked, after, step.finished, repeats=trouble.repeats)
    if not trouble.retells:
        assert await highest_tell(stack, run["run_id"]) == 0
    if trouble.clean:
        again = await redeliveries(stack)
        before = {**delivered, trouble.victim: 0.0}
        assert {name: n for name, n in again.items() if n != before[name]} == {}
