"""What the api depends on, each with a look at it."""

from techub_api.resources import Resources
from techub_api.schema import METADATA
from techub_common.doctor import Check
from techub_common.doctor.database import clock, postgres
from techub_common.doctor.dependencies import nats, store, streams
from techub_common.runtime import Service


def checks(service: Service, resources: Resources) -> tuple[Check, ...]:
    """Return the road with everything on it, the database, the store."""
    settings = resources.settings
    return (
        nats(service.client),
        streams(
            service.jetstream,
            ack_wait=settings.ack_wait_seconds,
            replicas=settings.stream_replicas,
        ),
        postgres(resources.sessions, "techub_api", METADATA),
        clock(resources.sessions),
        store(resources.objects, settings),
    )
