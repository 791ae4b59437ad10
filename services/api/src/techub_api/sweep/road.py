"""Asks JetStream how far everybody has come."""

import asyncio

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from techub_api.sweep.watching import RoadState
from techub_common.errors import Away
from techub_common.streams import CONSUMERS, EVENTS


async def state_of(js: JetStreamContext) -> RoadState:
    """Return the state of the road; raise Away when JetStream does not answer."""
    try:
        stream = await js.stream_info(EVENTS)
        infos = await asyncio.gather(
            *(js.consumer_info(EVENTS, consumer.name) for consumer in CONSUMERS)
        )
    except (NatsError, TimeoutError) as error:
        message = f"JetStream does not answer: {type(error).__name__}"
        raise Away(message) from error
    last = stream.state.last_seq
    floors = {}
    for info in infos:
        idle = not info.num_pending and not info.num_ack_pending
        floors[info.name] = last if idle else info.ack_floor.stream_seq if info.ack_floor else 0
    if stream.created is None:
        message = "JetStream did not say when the stream was created"
        raise Away(message)
    return RoadState(created_at=stream.created, last_sequence=last, floors=floors)
