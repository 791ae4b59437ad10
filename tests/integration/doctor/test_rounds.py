"""Everybody is asked, whoever is missing or silent is named, and nothing hangs."""

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from techub_common.asks import EXAMINE
from techub_common.doctor import Finding, Report, State
from techub_common.doctor.rounds import ask_everybody
from techub_common.errors import Away

API = EXAMINE["api"]
FOUND = (Finding(name="store", state=State.ok, duration_ms=1, seen="fine"),)


async def replica(client: Client, name: str, *, silent: bool = False) -> None:
    """Have another replica of the api answer."""

    async def answer(question: Msg) -> None:
        present = b'"present"' in question.data
        if present or not silent:
            report = Report(service="api", replica=name, findings=() if present else FOUND)
            await question.respond(report.model_dump_json().encode())

    await client.subscribe(API, cb=answer)
    await client.flush()


async def test_nobody_is_there(operator: Client) -> None:
    """A service that nobody speaks for has a report that says so, and what to do."""
    reports = await ask_everybody(operator, ["api", "optimizer"])

    assert [(one.service, one.replica, one.state) for one in reports] == [
        ("api", "", State.fail),
        ("optimizer", "", State.fail),
    ]
    assert [one.findings[0].seen for one in reports] == ["nobody answered"] * 2


async def test_every_replica_answers(operator: Client) -> None:
    """Both are asked by one question, and their findings kept apart."""
    for name in ("b", "a"):
        await replica(operator, name)
    reports = await ask_everybody(operator, ["api"])

    assert [(one.replica, [each.name for each in one.findings]) for one in reports] == [
        ("a", ["answers", "store"]),
        ("b", ["answers", "store"]),
    ]


async def test_a_replica_that_does_not_come_to_an_end(operator: Client) -> None:
    """Who was there and said nothing is named; the others' findings are not lost."""
    await replica(operator, "quick")
    await replica(operator, "stuck", silent=True)
    reports = await ask_everybody(operator, ["api"], within=0.3)

    states = {one.replica: (one.state, one.findings[0].seen) for one in reports}
    assert states == {
        "quick": (State.ok, "everything was looked at"),
        "stuck": (State.fail, "it is there, and did not say what it found within 0.3 s"),
    }


async def test_fewer_than_expected(operator: Client) -> None:
    """A replica that should be there and is not is a failure of its own."""
    await replica(operator, "a")
    reports = await ask_everybody(operator, ["api"], expected={"api": 2})

    assert [(one.replica, one.state) for one in reports] == [("a", State.ok), ("", State.fail)]
    assert reports[-1].findings[0].seen == "1 of 2 replicas answered"


async def test_nonsense_is_no_answer(operator: Client) -> None:
    """An answer that cannot be read, or is of another service, does not count and ends nothing."""
    other = Report(service="generator", replica="x", findings=FOUND).model_dump_json().encode()

    async def babble(question: Msg) -> None:
        await question.respond(b"\xff{")

    async def foreign(question: Msg) -> None:
        await question.respond(other)

    for callback in (babble, foreign):
        await operator.subscribe(API, cb=callback)
    await replica(operator, "a")
    reports = await ask_everybody(operator, ["api"])

    assert [one.replica for one in reports] == ["a"]


async def test_without_a_server(operator: Client) -> None:
    """Who is not connected is told so, instead of that everybody is missing."""
    await operator.close()

    with pytest.raises(Away):
        await ask_everybody(operator, ["api"])
