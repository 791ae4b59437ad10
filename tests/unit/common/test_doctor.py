"""Checks run side by side within their limits, and say nothing that is secret."""

import asyncio
from collections.abc import Iterator

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from techub_common.doctor import Check, Report, Seen, State, examine, ill, poor, well, worst
from techub_common.doctor.discretion import discreet_about
from techub_common.doctor.shape import CONSUMER, STREAM, unlike
from techub_common.errors import Away, Permanent
from techub_common.streams import NOTIFIER, consumer_config, stream_configs


def seeing(name: str, seen: Seen | BaseException, **more: object) -> Check:
    """Return a check that sees this at once, or raises it."""

    async def look() -> Seen:
        if isinstance(seen, BaseException):
            raise seen
        return seen

    return Check(name, look, "Mend it.", **more)  # type: ignore[arg-type]


async def test_each_check_has_a_finding_in_its_place() -> None:
    """What was seen and what to do come back under the checks' names, in their order."""
    found = await examine(
        [
            seeing("a", well("fine")),
            seeing("b", poor("slow", "Wait.")),
            seeing("c", ill("broken", "Replace it.")),
        ]
    )

    assert [(one.name, one.state, one.seen, one.todo) for one in found] == [
        ("a", State.ok, "fine", ""),
        ("b", State.warn, "slow", "Wait."),
        ("c", State.fail, "broken", "Replace it."),
    ]


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (Away("Postgres does not answer"), "Postgres does not answer"),
        (Permanent("No such thing.", code="x"), "No such thing."),
        (TimeoutError(), "no answer in time"),
        (KeyError("password=hunter2"), "something unforeseen: KeyError"),
    ],
)
async def test_what_is_raised_is_a_finding(error: Exception, seen: str) -> None:
    """Foreseen errors speak for themselves, others are named by their kind and no more."""
    [found] = await examine([seeing("a", error)])

    assert (found.state, found.seen, found.todo) == (State.fail, seen, "Mend it.")


async def test_checks_run_side_by_side() -> None:
    """Each of these can only end when the other has begun."""
    begun = asyncio.Barrier(2)

    async def look() -> Seen:
        await begun.wait()
        return well("met")

    found = await examine([Check(name, look, "") for name in "ab"])

    assert [one.seen for one in found] == ["met", "met"]


async def test_a_look_that_does_not_obey_is_not_waited_for() -> None:
    """It is called off at its limit, and nobody hangs although it goes on."""
    over = asyncio.Event()
    ended = asyncio.Event()

    async def stubborn() -> Seen:
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue
        ended.set()
        return well("at last")

    [found] = await examine([Check("a", stubborn, "Restart it.", seconds=0.0)])
    over.set()
    await ended.wait()

    assert (found.state, found.seen) == (State.fail, "no answer within 0 s")
    assert found.todo == "Restart it."


async def test_who_is_called_off_leaves_no_look_behind() -> None:
    """An examination that is cancelled cancels its looks."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def look() -> Seen:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return well("")

    examining = asyncio.create_task(examine([Check("a", look, "")]))
    await begun.wait()
    examining.cancel()
    await ended.wait()

    with pytest.raises(asyncio.CancelledError):
        await examining


async def test_what_costs_money_is_looked_at_only_when_asked() -> None:
    """A paid look is left out, unless it is wanted."""
    checks = [seeing("free", well("")), seeing("dear", well(""), paid=True)]

    assert [one.name for one in await examine(checks)] == ["free"]
    assert [one.name for one in await examine(checks, paid=True)] == ["free", "dear"]


def test_the_worst_speaks_for_all() -> None:
    """One failure is a failure; nothing at all is well."""
    assert worst([State.ok, State.fail, State.warn]) is State.fail
    assert worst([State.warn, State.ok]) is State.warn
    assert worst([]) is State.ok
    assert Report(service="api").state is State.ok


async def test_what_is_said_can_be_kept_and_printed() -> None:
    """It is one line of 300 letters at most, without what a terminal or Postgres minds."""
    [found] = await examine([seeing("a", ill("one\ntwo\x00\x1b[31m" + "x" * 400, "Mend."))])

    assert found.seen.startswith("one two  [31mxxx")
    assert len(found.seen) == 300


class Settings(BaseSettings):
    """Settings with every kind of secret."""

    database_url: SecretStr
    nats_url: str
    github_token: SecretStr
    secret_key: SecretStr
    otel_headers: SecretStr
    im_cli: str | None = None


SECRETS = (
    "pg%2Fpassword",
    "pg/password",
    "natspassword",
    "othernatspassword",
    "plain-token-one",
    "plain-token-two",
    "collector-key",
    "x" * 32,
    "re_1234567890abcdefgh",
    "ada@example.org",
)


@pytest.fixture
def settings() -> Settings:
    """Give settings whose secrets look like nothing in particular."""
    return Settings(
        database_url=SecretStr("postgresql+asyncpg://api:pg%2Fpassword@db/techub"),
        nats_url="nats://api:natspassword@a:4222,nats://api:othernatspassword@b:4222",
        github_token=SecretStr("plain-token-one, plain-token-two"),
        secret_key=SecretStr("x" * 32),
        otel_headers=SecretStr("authorization=Bearer collector-key,x-team=ours"),
        im_cli="magick",
    )


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_secret_is_in_a_finding(settings: Settings, secret: str) -> None:
    """Neither what was seen nor what to do holds a secret, or what looks like one."""
    leak = ill(f"it said {secret}!", f"Replace {secret} now.")
    [found] = await examine([seeing("a", leak)], discreet=discreet_about(settings))

    assert secret not in found.model_dump_json()
    assert found.seen.startswith("it said [")


def test_ordinary_words_stay(settings: Settings) -> None:
    """Hosts, users and settings that are no secret are left alone."""
    said = "api at nats://a:4222 with magick cannot reach db/techub"

    assert discreet_about(settings)(said) == said


def held() -> ConsumerConfig:
    """Return the notifier's consumer as a server would describe it."""
    wanted = consumer_config(NOTIFIER, 15.0)
    return ConsumerConfig(
        durable_name=NOTIFIER.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=15.0,
        max_deliver=wanted.max_deliver,
        max_ack_pending=wanted.max_ack_pending,
        filter_subjects=list(reversed(wanted.filter_subjects or [])),
        max_waiting=512,
    )


def sentences(found: ConsumerConfig) -> Iterator[str]:
    """Return what is said of it."""
    yield from unlike("it", consumer_config(NOTIFIER, 15.0), found, CONSUMER)


def test_what_the_server_adds_is_no_difference() -> None:
    """Order, defaults of the server and fields that nobody declares do not count."""
    assert list(sentences(held())) == []


def test_what_differs_is_named() -> None:
    """Every field that is otherwise has a sentence, a list says what it lacks and has besides."""
    altered = held()
    altered.ack_wait = 3.0
    altered.ack_policy = AckPolicy.NONE
    altered.filter_subjects = ["pipeline.completed", "pipeline.odd"]

    lacking = sorted(set(NOTIFIER.subjects) - {"pipeline.completed"})
    assert list(sentences(altered)) == [
        "it: ack_policy is none, and must be explicit",
        "it: ack_wait is 3.0, and must be 15.0",
        f"it: filter_subjects lacks {', '.join(lacking)} and has pipeline.odd besides",
    ]


def test_a_single_filter_may_have_its_own_field() -> None:
    """Servers say one subject in another field than several."""
    altered = held()
    altered.filter_subjects, altered.filter_subject = None, "pipeline.completed"

    assert "has" not in next(iter(sentences(altered))).partition("lacks")[2]


@pytest.mark.parametrize("field", STREAM)
def test_every_field_of_a_stream_is_declared(field: str) -> None:
    """What is compared is what the code sets, so that a comparison means something."""
    assert all(getattr(config, field) is not None for config in stream_configs())
