"""Single moments at which the whole system is hit; `named.py` says where each one is proven."""

import json
import os
import signal
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from techub_common.envelope import MAX_BYTES, seal
from techub_common.events import NotificationRecorded
from techub_common.streams import CONSUMERS, DEAD, EVENTS, LEDGER, SCREENSHOTTER
from techub_devstack.services import NAMES
from tests.e2e.conftest import Person
from tests.faults.checks import (
    highest_tell,
    jetstream,
    nothing_left,
    one_mail,
    redeliveries,
    whole_pictures,
)
from tests.faults.people import newcomer
from tests.faults.steps import BY_NAME
from tests.faults.troubles import SERVERS, Trouble

RUNS_AT_ONCE = 4
BROKER = [one for one in SERVERS if one.name in {"nats-restarted", "nats-wiped"}]


async def test_what_a_killed_service_had_in_hand_comes_back(person: Person, answers: Path) -> None:
    """After SIGKILL the server delivers the message again after `ack_wait`, and no sweep has to."""
    stack, login, pulling = person.stack, newcomer(answers, "back"), BY_NAME["pulling"]
    pulling.at.hold(stack, login)
    accepted = await person.submit(login)
    await pulling.at.reached(person, login, accepted["events_url"])

    await stack.services["generator"].kill()
    run = await person.until_told(accepted["run_id"])

    assert run["status"] == "success"
    assert (await redeliveries(stack))["generator"] == 1
    assert await highest_tell(stack, run["run_id"]) == 0
    async with jetstream(stack) as js:
        info = await js.consumer_info(EVENTS, "generator")
    assert info.config.ack_wait == float(stack.environment["ACK_WAIT_SECONDS"])


async def test_rolling_restart(person: Person, answers: Path) -> None:
    """Every service in turn is replaced under load: exit 0, no message twice, all runs whole."""
    stack = person.stack
    logins = [newcomer(answers, "rolling") for _ in range(RUNS_AT_ONCE)]
    accepted = [await person.submit(login) for login in logins]

    codes = {}
    for name, service in stack.services.items():
        codes[name] = await service.stop()
        service.start()
        await service.until_ready()
    runs = [await person.until_told(one["run_id"], within=90) for one in accepted]

    assert codes == dict.fromkeys(NAMES, 0)
    for login, run in zip(logins, runs, strict=True):
        assert run["status"] == "success", run
        await nothing_left(stack, run["run_id"])
        await whole_pictures(person, run, login)
        await one_mail(person, run, login)
    assert await redeliveries(stack) == dict.fromkeys(NAMES, 0.0)


@pytest.mark.parametrize("trouble", BROKER, ids=lambda one: one.name)
async def test_everybody_hears_again(person: Person, answers: Path, trouble: Trouble) -> None:
    """A run submitted after the broker came back needs every listener; nobody was started anew."""
    stack, login = person.stack, newcomer(answers, "heard-again")
    before = {name: service.starts for name, service in stack.services.items()}
    await trouble.happens(stack)

    run = await person.finished(login)

    assert run["status"] == "success", run
    assert {name: service.starts for name, service in stack.services.items()} == before


async def test_chromium_killed_mid_picture(person: Person, answers: Path) -> None:
    """A browser killed while it draws costs a try of those pictures, and no picture."""
    stack, login = person.stack, newcomer(answers, "mid-picture")
    browser = _browser_under(stack.services["screenshotter"].pid)
    os.kill(browser, signal.SIGSTOP)  # whatever is asked of it now stays unfinished
    async with jetstream(stack) as js:  # the first heartbeat of a picture that does not come
        beats = await js._nc.subscribe(f"$JS.ACK.{EVENTS}.{SCREENSHOTTER.name}.>")
        accepted = await person.submit(login)
        while (await beats.next_msg(timeout=30)).data != b"+WPI":
            continue

    os.kill(browser, signal.SIGKILL)
    run = await person.until_told(accepted["run_id"])

    assert run["status"] == "success", run
    assert any(line.data.get("status") == "retrying" for line in await person.story(run["run_id"]))
    await nothing_left(stack, run["run_id"])
    await whole_pictures(person, run, login)
    await one_mail(person, run, login)


def _browser_under(pid: int) -> int:
    """Return the process id of the browser itself, the parent of its many processes."""
    family = psutil.Process(pid).children(recursive=True)
    browsers = [
        one for one in family if "chrom" in one.name() and "--type=" not in str(one.cmdline())
    ]
    return browsers[0].pid


async def test_nonsense_is_buried_and_blocks_nobody(person: Person, answers: Path) -> None:
    """Unparsable, unknown, oversized, of no run: each with a readable reason, nobody waits."""
    stack, login = person.stack, newcomer(answers, "beside-nonsense")
    stranger = NotificationRecorded(run_id=uuid4(), login=login, event="completed", counts={})
    sealed = seal(stranger, "/tests").body()
    nonsense = (b"\x00\xff", sealed.replace(b".v1", b".v99"), _grown(sealed))
    async with jetstream(stack) as js:
        first = (await js.stream_info(DEAD)).state.last_seq + 1
        for consumer in CONSUMERS:
            for body in nonsense:
                await js.publish(consumer.subjects[0], body)
        await js.publish(stranger.subject, sealed)
        run = await person.finished(login)
        await nothing_left(stack, run["run_id"])
        last = (await js.stream_info(DEAD)).state.last_seq
        letters = [await js.get_msg(DEAD, number) for number in range(first, last + 1)]

    assert run["status"] == "success"
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for headers in (letter.headers or {} for letter in letters):
        reasons = said[headers["Techub-Dead-Consumer"]]
        reasons[headers["Techub-Dead-Code"]] = headers["Techub-Dead-Error"]
    assert said.keys() == {consumer.name for consumer in CONSUMERS}
    assert said[LEDGER.name].pop("unknown_run") == f"there is no run {stranger.run_id}"
    for reasons in said.values():
        assert reasons.keys() == {"unreadable_event", "unknown_event", "event_too_large"}
        assert reasons["unreadable_event"].startswith("not a CloudEvent: ")
        assert reasons["unknown_event"].endswith("notification.recorded.v99'")
        assert reasons["event_too_large"].endswith("bytes; the limit is 65536")


def _grown(body: bytes) -> bytes:
    """Return the event with a field that makes it too large; it still fits its schema."""
    wire = json.loads(body)
    wire["data"]["of_a_later_version"] = "x" * MAX_BYTES
    return json.dumps(wire).encode()
