"""What becomes of a message, decided without a broker."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from techub_common.dead import DeadLetter
from techub_common.delivery import Delivery, Road, Taken, retry_delay
from techub_common.envelope import seal
from techub_common.errors import Away, Permanent, Transient
from techub_common.events import AssetFailed, CaptureRequested, Event
from techub_common.streams import SCREENSHOTTER


@dataclass
class FakeMessage:
    """A delivered message that remembers how it was settled."""

    data: bytes
    num_delivered: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    subject: str = "capture.requested"
    settled: list[str] = field(default_factory=list)
    beats: int = 0
    sequence: int = 7

    @property
    def metadata(self) -> Any:
        """Return what JetStream says of the delivery."""
        return SimpleNamespace(
            num_delivered=self.num_delivered, sequence=SimpleNamespace(stream=self.sequence)
        )

    async def ack(self) -> None:
        """Settle."""
        self.settled.append("ack")

    async def nak(self, delay: float | None = None) -> None:
        """Give back."""
        self.settled.append("nak" if delay is None else "nak later")

    async def term(self) -> None:
        """End."""
        self.settled.append("term")

    async def in_progress(self) -> None:
        """Renew."""
        self.beats += 1


@dataclass
class FakeTeller:
    """Keeps the order in which facts and dead letters are written."""

    written: list[str] = field(default_factory=list)
    away: int = 0

    async def __call__(self, event: Event) -> None:
        """Tell."""
        if self.away:
            self.away -= 1
            raise Away("JetStream")
        self.written.append(event.type)

    async def bury(self, letter: DeadLetter) -> None:
        """Bury."""
        self.written.append(f"dead {letter.consumer} {letter.code} {letter.attempts}")


async def at_once(_: float) -> None:
    """Pause for one turn of the loop only."""
    await asyncio.sleep(0)


def message(num_delivered: int = 1) -> FakeMessage:
    """Return a message with a readable event."""
    event = CaptureRequested(run_id=uuid4(), login="pip", variant="og", view_key="k")
    sealed = seal(event, "/services/api")
    return FakeMessage(sealed.body(), num_delivered, sealed.headers())


def failure(event: Event, error: BaseException, attempts: int) -> AssetFailed:
    """Return the domain's failure event."""
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind="og",
        stage="capture",
        code="x",
        message=str(error),
        attempts=attempts,
    )


def rules(teller: FakeTeller, ack_wait: float = 15.0) -> Delivery:
    """Return the screenshotter's delivery over fakes."""
    road = Road(pause=at_once)
    return Delivery(SCREENSHOTTER, teller, road, ack_wait=ack_wait, gave_up=failure)


def raising(*errors: Exception | None) -> Any:
    """Return work that raises these in turn, then succeeds."""
    queue = list(errors)

    async def work(*_: object) -> None:
        error = queue.pop(0) if queue else None
        if error is not None:
            raise error

    return work


async def test_done_is_acknowledged() -> None:
    """A handler that returns acknowledges."""
    delivered, teller = message(), FakeTeller()

    await rules(teller).handle([delivered], raising())

    assert delivered.settled == ["ack"]


async def test_ours_away_is_waited_for_in_place() -> None:
    """While something of ours is away the message is kept; it is never a failed step."""
    delivered, teller = message(), FakeTeller()

    await rules(teller).handle([delivered], raising(*[Away("store")] * 40))

    assert delivered.settled == ["ack"]
    assert teller.written == []


async def test_theirs_away_is_given_back_with_a_delay() -> None:
    """A passing trouble of somebody else's is tried again later."""
    delivered, teller = message(), FakeTeller()

    await rules(teller).handle([delivered], raising(Transient("busy", code="chromium_failed")))

    assert delivered.settled == ["nak later"]
    assert teller.written == []


async def test_permanent_is_buried_then_told_then_ended() -> None:
    """The dead letter is written before the message is ended, and the domain hears of it."""
    delivered, teller = message(), FakeTeller()

    await rules(teller).handle([delivered], raising(Permanent("no", code="unknown_variant")))

    assert teller.written == ["dead screenshotter unknown_variant 1", AssetFailed.type]
    assert delivered.settled == ["term"]


async def test_given_up_at_the_fifth_that_raised() -> None:
    """A message is given up when it has raised as often as its consumer allows, not before."""
    teller = FakeTeller()
    delivery = rules(teller)
    settled = []
    for number in range(1, 6):
        delivered = message(number)
        await delivery.handle([delivered], raising(Transient("busy", code="chromium_failed")))
        settled += delivered.settled

    assert settled == ["nak later"] * 4 + ["term"]
    assert teller.written == ["dead screenshotter chromium_failed 5", AssetFailed.type]


async def test_a_killed_workers_deliveries_are_not_held_against_the_message() -> None:
    """Deliveries that were lost with their worker do not count as raised."""
    delivered, teller = message(num_delivered=6), FakeTeller()

    await rules(teller).handle([delivered], raising(Transient("busy", code="chromium_failed")))

    assert delivered.settled == ["nak later"]


async def test_the_last_delivery_is_not_wasted() -> None:
    """At the server's own limit the message is buried by us rather than dropped by it."""
    delivered, teller = message(num_delivered=10), FakeTeller()

    await rules(teller).handle([delivered], raising(Transient("busy", code="chromium_failed")))

    assert delivered.settled == ["term"]


async def test_unreadable_is_buried_without_a_domain_event() -> None:
    """Nonsense blocks nothing and loses nothing."""
    delivered, teller = FakeMessage(b"nonsense"), FakeTeller()

    await rules(teller).handle([delivered], raising())

    assert teller.written == ["dead screenshotter unreadable_event 1"]
    assert delivered.settled == ["term"]


async def test_a_failure_event_waits_for_jetstream() -> None:
    """The domain's failure event is told however long the stream is away, and only then ended."""
    delivered, teller = message(), FakeTeller(away=3)

    await rules(teller).handle([delivered], raising(Permanent("no", code="unknown_variant")))

    assert teller.written[-1] == AssetFailed.type
    assert delivered.settled == ["term"]


async def test_a_bug_is_tried_again_like_a_passing_trouble() -> None:
    """An error nobody foresaw is tried again, then buried: it may be a deploy in progress."""
    delivered, teller = message(), FakeTeller()

    await rules(teller).handle([delivered], raising(ValueError("bug")))

    assert delivered.settled == ["nak later"]


async def test_the_road_is_closed_while_ours_is_away() -> None:
    """Nobody fetches what cannot be worked on."""
    road = Road(pause=at_once)
    seen = []

    async def work(*_: object) -> None:
        seen.append(road._open.is_set())
        if len(seen) < 3:
            raise Away("store")

    await road.until_back(work)

    assert seen == [True, False, False]
    assert road._open.is_set()


@pytest.mark.parametrize(
    ("error", "raised", "low", "high"),
    [
        (Transient("x", code="x"), 1, 2.0, 3.0),
        (Transient("x", code="x"), 2, 4.0, 6.0),
        (Transient("x", code="x", retry_after=42.0), 1, 42.0, 42.0),
        (Transient("x", code="x", retry_after=9999.0), 1, 300.0, 300.0),
        (TimeoutError(), 1, 2.0, 3.0),
    ],
)
def test_delay(error: Exception, raised: int, low: float, high: float) -> None:
    """The delay doubles with jitter, or is what they asked for, at most five minutes."""
    delay = retry_delay(error, raised, attempts=5)

    assert delay is not None
    assert low <= delay <= high


@pytest.mark.parametrize(
    ("error", "raised"),
    [(Permanent("x", code="x"), 1), (Transient("x", code="x"), 5), (TimeoutError(), 6)],
)
def test_no_delay_means_give_up(error: Exception, raised: int) -> None:
    """Nothing is tried again that cannot help or has been tried enough."""
    assert retry_delay(error, raised, attempts=5) is None


def several(count: int) -> list[FakeMessage]:
    """Return messages that wait one after another."""
    waiting = [message() for _ in range(count)]
    for place, one in enumerate(waiting):
        one.sequence = place + 1
    return waiting


async def test_several_are_worked_on_together() -> None:
    """What waits is worked on in one go and acknowledged message by message."""
    waiting, sizes = several(3), []

    async def work(taken: Sequence[Taken]) -> None:
        sizes.append(len(taken))

    await rules(FakeTeller()).handle(waiting, work)

    assert sizes == [3]
    assert [one.settled for one in waiting] == [["ack"]] * 3


async def test_one_that_raises_is_not_held_against_the_others() -> None:
    """After the whole was refused each is worked on alone; only the culprit is buried."""
    waiting, teller, sizes = several(3), FakeTeller(), []

    async def work(taken: Sequence[Taken]) -> None:
        sizes.append(len(taken))
        if any(one.sequence == 2 for one in taken):
            raise Permanent("no", code="unknown_variant")

    await rules(teller).handle(waiting, work)

    assert sizes == [3, 1, 1, 1]
    assert [one.settled for one in waiting] == [["ack"], ["term"], ["ack"]]
    assert teller.written == ["dead screenshotter unknown_variant 1", AssetFailed.type]


async def test_ours_away_keeps_them_together() -> None:
    """While something of ours is away the whole is kept; it is not divided."""
    waiting, sizes = several(2), []

    async def work(taken: Sequence[Taken]) -> None:
        sizes.append(len(taken))
        if len(sizes) < 3:
            raise Away("Postgres")

    await rules(FakeTeller()).handle(waiting, work)

    assert sizes == [2, 2, 2]
    assert [one.settled for one in waiting] == [["ack"], ["ack"]]


async def test_an_unreadable_one_among_several() -> None:
    """What nobody can read is buried; the others never hear of it."""
    waiting, teller, sizes = several(3), FakeTeller(), []
    waiting[1].data = b"?"

    async def work(taken: Sequence[Taken]) -> None:
        sizes.append(len(taken))

    await rules(teller).handle(waiting, work)

    assert sizes == [2]
    assert [one.settled for one in waiting] == [["ack"], ["term"], ["ack"]]
    assert teller.written == ["dead screenshotter unreadable_event 1"]


async def test_all_in_hand_are_renewed() -> None:
    """Every message in hand is renewed until it is settled, not only the first."""
    waiting = several(3)

    async def work(_: Sequence[Taken]) -> None:
        async with asyncio.timeout(5):
            while not all(one.beats > 1 for one in waiting):
                await asyncio.sleep(0)

    await rules(FakeTeller(), ack_wait=0.03).handle(waiting, work)

    assert [one.settled for one in waiting] == [["ack"]] * 3


async def test_a_stop_gives_back_what_is_not_settled() -> None:
    """Canceled while they are worked on one by one: the settled stay so, the rest goes back."""
    waiting, begun = several(3), asyncio.Event()

    async def work(taken: Sequence[Taken]) -> None:
        if len(taken) > 1:
            raise ValueError
        if taken[0].sequence == 2:
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(rules(FakeTeller()).handle(waiting, work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [one.settled for one in waiting] == [["ack"], ["nak"], ["nak"]]
