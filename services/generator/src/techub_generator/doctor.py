"""What the generator depends on, each with a look at it."""

from typing import Final

from techub_common.doctor import Check, Seen
from techub_common.doctor.dependencies import consumer, nats, store
from techub_common.runtime import Service
from techub_common.storage import WholeStore
from techub_common.streams import GENERATOR
from techub_generator.gemini.door import Gemini
from techub_generator.gemini.examining import gemini_checks
from techub_generator.gemini.pulse import Pulse
from techub_generator.github.client import GitHub
from techub_generator.github.standing import AVAILABLE, judged
from techub_generator.settings import Settings

GITHUB_SECONDS: Final = 22.0  # a line to GitHub is given up after twenty


def checks(
    service: Service,
    settings: Settings,
    objects: WholeStore,
    github: GitHub,
    gemini: Gemini,
    pulse: Pulse,
) -> tuple[Check, ...]:
    """Return the road, the store, GitHub and every way to Gemini."""
    return (
        nats(service.client),
        consumer(service.jetstream, GENERATOR, ack_wait=settings.ack_wait_seconds),
        store(objects, settings),
        _github(github),
        *gemini_checks(gemini, pulse),
    )


def _github(github: GitHub) -> Check:
    async def look() -> Seen:
        return judged(await github.standings())

    return Check("github", look, AVAILABLE, seconds=GITHUB_SECONDS)
