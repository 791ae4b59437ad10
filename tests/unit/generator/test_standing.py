"""What is thought of GitHub's word about our credentials."""

from datetime import UTC, datetime

import pytest

from techub_common.doctor import State
from techub_common.errors import Permanent, Transient
from techub_generator.github.standing import (
    ADD,
    AVAILABLE,
    REPLACE,
    SIGN,
    WAIT_OR_ADD,
    Quota,
    Standing,
    judged,
)

RESET = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
REFUSED = Permanent("GitHub does not accept our credentials.", code="github_unauthorized")
AWAY = Transient("GitHub is not available right now.", code="github_unavailable")


def standing(label: str, core: int = 5000, graphql: int = 5000) -> Standing:
    """Return a credential with so much left."""
    left = {"core": Quota(core, 5000, RESET), "graphql": Quota(graphql, 5000, RESET)}
    return Standing(label, quotas=left)


GOOD, LOW, SPENT = standing("token-1"), standing("token-2", 499), standing("token-3", 0)
NO_POINTS = standing("token-4", graphql=0)
NOBODY = Standing("anonymous", signed=False, quotas={"core": Quota(60, 60, RESET)})


@pytest.mark.parametrize(
    ("found", "state", "todo"),
    [
        ([GOOD], State.ok, ""),
        ([GOOD, LOW], State.ok, ""),
        ([LOW], State.warn, ADD),
        ([GOOD, SPENT], State.warn, ADD),
        ([SPENT], State.fail, WAIT_OR_ADD),
        ([NO_POINTS], State.fail, WAIT_OR_ADD),
        ([SPENT, NO_POINTS], State.fail, WAIT_OR_ADD),
        ([NOBODY], State.warn, SIGN),
        ([Standing("app")], State.ok, ""),
        ([GOOD, Standing("token-2", trouble=REFUSED)], State.fail, REPLACE),
        ([Standing("token-1", trouble=AWAY)], State.fail, AVAILABLE),
    ],
)
def test_judged(found: list[Standing], state: State, todo: str) -> None:
    """One refused is a fault, all used up is one; one that is used up beside others is a lack."""
    seen = judged(found)

    assert (seen.state, seen.todo) == (state, todo)


def test_who_stands_how_is_said() -> None:
    """Each credential is named with what is left, and until when where that is little."""
    said = judged([GOOD, SPENT, Standing("app", trouble=REFUSED)]).text

    assert said == (
        "token-1: 5,000 of 5,000 requests, 5,000 of 5,000 points; "
        "token-3: 0 of 5,000 requests until 12:30 UTC, 5,000 of 5,000 points; "
        "app: GitHub does not accept our credentials."
    )
