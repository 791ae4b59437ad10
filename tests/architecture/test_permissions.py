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


def test_the_committed_file_is_todays() -> None:
    """`python -m techub_common.permissions > deploy/nats/permissions.conf` changes nothing."""
    assert FILE.read_text("utf-8") == fragment()


def test_there_is_one_user_per_service_and_one_for_operators() -> None:
    """Whoever tells or hears is a user."""
    assert {user.name for user in users()} == {*TOLD_BY, OPERATORS}
    assert set(HEARD_BY) == set(TOLD_BY)


@pytest.mark.parametrize("event", events.ALL, ids=lambda event: event.subject)
def test_a_fact_is_told_by_its_tellers_alone(event: type[Event]) -> None:
    """The services that may publish a subject are those of the table; operators may replay it."""
    tellers = {user.name for user in users() if event.subject in user.publish}
    heard = any(event in consumer.hears for consumer in CONSUMERS)

    assert (OPERATORS in tellers) is heard
    assert tellers - {OPERATORS} == {name for name, told in TOLD_BY.items() if event in told}


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.name)
def test_a_durable_is_read_by_one_user(consumer: Consumer) -> None:
    """Exactly one user fetches from a durable and settles its messages: its subscriber in code."""
    for subject in (
        f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{consumer.name}",
        f"$JS.ACK.EVENTS.{consumer.name}.>",
    ):
        readers = [user.name for user in users() if subject in user.publish]
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
    assert deletes == (["$JS.API.STREAM.MSG.DELETE.DEAD"] if user.name == OPERATORS else [])
