"""Opens what the generator keeps open and connects its one consumer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from techub_common import asks
from techub_common.doctor.answering import answering_doctor
from techub_common.runtime import OpenService, Service
from techub_common.storage import open_store
from techub_common.streams import GENERATOR
from techub_generator import answers
from techub_generator.doctor import checks
from techub_generator.gemini.door import open_gemini
from techub_generator.gemini.drawing import Drawer
from techub_generator.gemini.providers import Providers
from techub_generator.gemini.pulse import Pulse
from techub_generator.gemini.writing import Writer
from techub_generator.github.client import PATIENCE, open_github
from techub_generator.github.quota import quota
from techub_generator.handlers import gave_up, generate_card, retried
from techub_generator.outbound import Outbound
from techub_generator.pages.reader import PageReader
from techub_generator.patient_store import PatientStore
from techub_generator.resources import Resources
from techub_generator.settings import Settings
from techub_generator.stages import DRAWINGS, STAGES

log = structlog.get_logger()

SLOTS: Final = 4


def opener(settings: Settings, patience: float = PATIENCE) -> OpenService:
    """Return what opens the service with these settings."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        keys = settings.github_keys
        if not keys.tokens and keys.app is None:
            log.warning("github_unconfigured", left_out="pinned, contributions, social accounts")
        async with (
            open_store(settings) as objects,
            open_github(settings.github_api_url, keys, patience, quota(service.registry)) as github,
            open_gemini(settings.gemini_providers) as gemini,
        ):
            service.metrics.knows(stages=(*STAGES, *DRAWINGS))
            outbound = Outbound(settings.outbound_allowed)
            store = PatientStore(objects)
            writer = Writer(gemini, gemini.providers.text, settings.gemini_deadline_seconds)
            drawer = Drawer(gemini, gemini.providers.images)
            pulse = Pulse(gemini)
            resources = Resources(
                github, outbound, PageReader(), store, service.tell, gemini, writer, drawer
            )
            service.provide(resources=resources, pulse=pulse)
            service.checks["storage"] = objects.probe
            service.hear(GENERATOR, generate_card, slots=SLOTS, gave_up=gave_up, retried=retried)
            await service.answer(asks.CHECK_GEMINI, answers.check_gemini)
            await service.answer(asks.LIST_PROVIDERS, answers.list_providers)
            _say_who_writes(settings.gemini_providers)
            looks = checks(service, settings, objects, github, gemini, pulse)
            async with answering_doctor(service, looks):
                yield
            await pulse.close()

    return open_service


def _say_who_writes(providers: Providers) -> None:
    """Say once who writes cards: without any credential it is the heuristics, as is to be."""
    if not providers.text:
        log.warning("ai_unconfigured", provider="heuristics", missing="GEMINI_API_KEY")
        return
    log.info(
        "ai_configured",
        provider=providers.text[0].name,
        model=providers.text[0].model,
        then=[one.name for one in providers.text[1:]],
        images=[one.name for one in providers.images],
    )
