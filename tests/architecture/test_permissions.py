"""What the NATS users may do is what `streams` says, and nothing else."""

from pathlib import Path

import pytest

from techub_common import events
from techub_common.events import Event
from techub_common.permissions import HEARD_BY, OPERATORS, User, fragment, inbox_of, users
from techub_common.streams import CONSUMERS, TOLD_BY, Consumer

FILE = Path(__file__).parents[2] / "deploy" / "nats" / "permissions.conf"
SERVICES = [user for user in users() if user.name != OPERATORS]
each_user = pytest.mark.parametrize("user", users(), ids=lambda user: user.name)


def may(user: User, subject: str) -> bool:
    """Return whether the user may publish the subject itself, or by a star for its last word."""
    starred = f"{subject.rpartition('.')[0]}.*"
    return subject not in user.denied and bool({subject, starred} & {*user.publish})


def test_the_committed_file_is_todays() -> None:
    """`python -m techub_common.permissions > deploy/nats/permissions.conf` changes nothing."""
    assert FILE.read_text("utf-8") == fragment()


def test_there_is_one_user_per_service_and_one_for_operators() -> None:
    """Whoever tells or hears is a user."""
    assert {user.name for user in users()} == {*TOLD_BY, OPERATORS}
    assert set(HEARD_BY) == set(TOLD_BY)


@pytest.mark.parametrize("event", events.ALL, ids=lambda event: event.subject)
def test_a_fact_is_told_by_its_tellers_alone(event: type[Event]) -> None:
    """The services that may publish a subject are those of the table; others may only replay it.

    Operators replay whatever a consumer could give up; so does the api from its pages, but for what
    the ledger alone hears: that it gives to the ledger without publishing anything.
    """
    tellers = {user.name for user in users() if event.subject in user.publish}
    hearers = {consumer.name for consumer in CONSUMERS if event in consumer.hears}
    replays = {OPERATORS} if hearers else set()
    replays |= {"api"} if hearers - {"ledger"} else set()

    assert tellers == replays | {name for name, told in TOLD_BY.items() if event in told}


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.name)
def test_a_durable_is_read_by_one_user(consumer: Consumer) -> None:
    """Exactly one user fetches from a durable and settles its messages: its subscriber in code."""
    for subject in (
        f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{consumer.name}",
        f"$JS.ACK.EVENTS.{consumer.name}.>",
    ):
        readers = [user.name for user in users() if may(user, subject)]
        assert readers == [name for name, heard in HEARD_BY.items() if heard is consumer]


@each_user
def test_inboxes_are_apart(user: User) -> None:
    """A service's replies come to an inbox that no other user may subscribe to."""
    others = [inbox_of(other.name) for other in SERVICES if other.name != user.name]

    for subscribed in user.subscribe:
        assert not any(f"{inbox}.x".startswith(subscribed.removesuffix(">")) for inbox in others)


@each_user
def test_nobody_may_do_everything(user: User) -> None:
    """No permission is a wildcard at its beginning, and only the api may touch streams."""
    assert not any(subject[0] in "*>" for subject in (*user.publish, *user.subscribe))
    keeps = any(subject.startswith("$JS.API.STREAM.CREATE") for subject in user.publish)
    assert keeps is (user.name == "api")
    deletes = [subject for subject in user.publish if ".DELETE." in subject]
    replays = user.name in (OPERATORS, "api")
    assert deletes == (["$JS.API.STREAM.MSG.DELETE.DEAD"] if replays else [])


def test_what_passes_is_no_durable() -> None:
    """The api reads EVENTS by consumers that pass, and no service's durable passes for one.

    Durables are made under a subject of their own, and the ledger's is its own to read.
    """
    [api] = [user for user in users() if user.name == "api"]

    for consumer in CONSUMERS:
        assert f"$JS.API.CONSUMER.CREATE.EVENTS.{consumer.name}" in api.denied
        read = f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{consumer.name}"
        assert (read in api.denied) is (consumer.name != "ledger")
