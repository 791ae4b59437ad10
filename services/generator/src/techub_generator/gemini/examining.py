"""What a doctor asks of each provider: a token, an answer of a shape, a picture."""

import json
from collections.abc import Sequence
from typing import Final

from techub_common.doctor import Check, Seen, ill, well
from techub_generator.gemini.door import Gemini
from techub_generator.gemini.exchange import Kind, Question, Unanswered
from techub_generator.gemini.providers import Name, Provider
from techub_generator.gemini.pulse import Pulse
from techub_generator.pictures import seen

TEXT_SECONDS: Final = 10.0
SHAPE_SECONDS: Final = 20.0
PICTURE_SECONDS: Final = 50.0

SHAPE: Final = Question(
    'Answer {"works": true}, nothing else.',
    json=True,
    schema={
        "type": "OBJECT",
        "properties": {"works": {"type": "BOOLEAN"}},
        "required": ["works"],
    },
    temperature=0.0,
    tokens=100,
)
PICTURE: Final = Question("A plain grey circle on white paper, nothing else.")
SQUARE: Final = "1:1"

MEND: Final = "See `gemini_refused` in the generator's log: it has the vendor's status and reason."
TODO: Final = {
    Kind.no_access: {
        Name.ai_studio: "See that GEMINI_API_KEY is good for the model in GEMINI_MODEL.",
        Name.vertex: "See that the account in GOOGLE_APPLICATION_CREDENTIALS has the role Vertex AI"
        " User in GOOGLE_CLOUD_PROJECT, and that GEMINI_LOCATION has the model.",
    },
}
LATER: Final = "Wait, ask for a higher quota, or add the other provider; cards are written anyway."


def gemini_checks(gemini: Gemini, pulse: Pulse) -> Sequence[Check]:
    """Return the checks of every provider there is.

    One token of the text model is asked for, and shared with whoever else wants to know. An answer
    of a shape and a picture are asked for when they may cost something.
    """
    text, images = gemini.providers.text, gemini.providers.images
    if not text and not images:
        return (Check("gemini", _nobody, MEND),)
    return (
        *(_text(provider, pulse) for provider in text),
        *(_shaped(provider, gemini) for provider in text),
        *(_drawn(provider, gemini) for provider in images),
    )


async def _nobody() -> Seen:
    return well("nobody is asked: there is no credential, so our own rules write the cards")


def _text(provider: Provider, pulse: Pulse) -> Check:
    async def look() -> Seen:
        felt = await pulse.feel("text", fresh=True)
        beat = next(beat for beat in felt.answer if beat.provider == provider.name)
        if beat.works:
            return well(f"{beat.model} answers within {beat.duration_ms} ms")
        kind = Kind(beat.kind) if beat.kind else Kind.unavailable
        return ill(f"{beat.model}: {beat.reason}", todo_for(kind, provider.name))

    return Check(f"gemini text {provider.name}", look, MEND, seconds=TEXT_SECONDS)


def _shaped(provider: Provider, gemini: Gemini) -> Check:
    async def look() -> Seen:
        try:
            answer = await gemini.ask(provider, SHAPE, SHAPE_SECONDS)
        except Unanswered as error:
            return _unanswered(error)
        try:
            shaped = isinstance(json.loads(answer.text)["works"], bool)
        except (ValueError, KeyError, TypeError):
            shaped = False
        if not shaped:
            said = f"{answer.model} answered another shape than it was asked for"
            return ill(said, "Name a model in GEMINI_MODEL that keeps to a schema.")
        return well(
            f"{answer.model} keeps to a schema, within {answer.duration_ms} ms and "
            f"{answer.usage.total} tokens"
        )

    return Check(
        f"gemini structured {provider.name}", look, MEND, seconds=SHAPE_SECONDS + 2, paid=True
    )


def _drawn(provider: Provider, gemini: Gemini) -> Check:
    async def look() -> Seen:
        try:
            answer = await gemini.draw(provider, PICTURE, SQUARE, PICTURE_SECONDS)
        except Unanswered as error:
            return _unanswered(error)
        head = seen(answer.picture.content) if answer.picture else None
        if head is None:
            said = f"{answer.model} drew something that is no picture"
            return ill(said, "Name a model in GEMINI_IMAGE_MODEL that draws.")
        return well(
            f"{answer.model} drew {head.width}x{head.height} pixels within {answer.duration_ms} ms"
        )

    return Check(
        f"gemini picture {provider.name}", look, MEND, seconds=PICTURE_SECONDS + 2, paid=True
    )


def _unanswered(error: Unanswered) -> Seen:
    return ill(f"{error.model}: {error}", todo_for(error.kind, error.provider))


def todo_for(kind: Kind, provider: Name) -> str:
    """Return what a person can do about a failure of this kind."""
    if kind in (Kind.rate_limited, Kind.unavailable, Kind.timed_out):
        return LATER
    return TODO.get(kind, {}).get(provider, MEND)
