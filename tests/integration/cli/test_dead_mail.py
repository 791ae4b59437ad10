"""A dead letter of a mail that was sent: replaying it sends no second one."""

from collections.abc import Callable
from typing import Any

from nats.js import JetStreamContext

from techub_cli.connection import Server, connected
from techub_cli.replaying import decide, perform
from techub_common.asks import SHOW_RUN
from techub_common.dead import DeadLetter
from techub_common.envelope import seal
from techub_common.errors import Permanent
from techub_common.events import Ended
from techub_common.letters import Chosen, Letters
from techub_common.streams import DEAD
from tests.integration.notifier.conftest import (  # noqa: F401  # fixtures of the real notifier
    Stage,
    admin_url,
    ended,
    eventually,
    sessions,
    stage,
    template,
)


async def test_no_mail_is_sent_twice(
    stage: Stage,  # noqa: F811
    ended: Callable[..., Ended],  # noqa: F811
    js: JetStreamContext,
    nats_url: str,
) -> None:
    """The notifier hears the replayed end, knows it by its id, and only says again who was told."""
    event = ended("failed")
    await stage.owners(event.profile_id, {})

    async def answer(question: Any) -> None:
        await question.respond(b'{"ok": true, "status": "failure"}')

    async with stage.notifier(), connected(Server(nats_url)) as client:
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"delivered": 3}
        envelope = seal(event, "/services/api")
        letter = DeadLetter(
            body=envelope.body(),
            headers=envelope.headers(),
            subject=event.subject,
            sequence=1,
            consumer="notifier",
            attempts=10,
            error=Permanent("died", code="consumer_died"),
        )
        await js.publish(
            letter.dead_subject, letter.body, stream=DEAD, headers=letter.dead_headers()
        )
        api = await client.subscribe(SHOW_RUN, cb=answer)
        for _ in range(2):
            await perform(client, await decide(client, await _all(client)), bulk=False)
        await api.unsubscribe()

        async def heard() -> bool:
            info = await js.consumer_info("EVENTS", "notifier")
            return bool(
                info.delivered
                and info.delivered.consumer_seq == 2
                and not (info.num_pending or info.num_ack_pending)
            )

        await eventually(heard, what="the replay was heard")
        assert await _all(client) == []
        assert len(stage.resend.mails()) == 3
        assert set(stage.resend.requests_per_key().values()) == {1}
        assert len({told.id for told in await stage.recorded(event.run_id)}) == 1


async def _all(client: Any) -> list[Any]:
    return await Letters(client).all(Chosen())
