"""Answers to questions about Gemini: whom we would ask, and whether they answer."""

from typing import Annotated, Any

from faststream import Context

from techub_common.asks import GeminiRequest, ProvidersRequest
from techub_generator.gemini.providers import Provider
from techub_generator.gemini.pulse import Pulse
from techub_generator.resources import Resources

UNCONFIGURED = "There is no credential for any model: cards are written from plain facts."


async def check_gemini(
    request: GeminiRequest, pulse: Annotated[Pulse, Context()]
) -> dict[str, Any]:
    """Answer whether a model answers and whose; the first provider that does speaks for all."""
    felt = await pulse.feel(request.model, fresh=request.fresh)
    spokesman = next((beat for beat in felt.answer if beat.works), None) or next(
        iter(felt.answer), None
    )
    return {
        "works": spokesman is not None and spokesman.works,
        "provider": spokesman.provider if spokesman else None,
        "model": spokesman.model if spokesman else None,
        "reason": spokesman.reason if spokesman else UNCONFIGURED,
        "age_seconds": round(felt.age, 1),
        "providers": [beat.model_dump() for beat in felt.answer],
    }


async def list_providers(
    request: ProvidersRequest, resources: Annotated[Resources, Context()]
) -> dict[str, Any]:
    """Answer who is asked for text and for pictures, the first one first; nobody is asked now."""
    del request
    providers = resources.gemini.providers
    return {
        "text": [{**_shown(one), "model": one.model} for one in providers.text],
        "images": [{**_shown(one), "model": one.image_model} for one in providers.images],
        "deadline_seconds": resources.writer.deadline,
    }


def _shown(provider: Provider) -> dict[str, Any]:
    return {"provider": provider.name, "location": provider.location or None}
