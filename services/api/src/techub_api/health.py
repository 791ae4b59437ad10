"""`/up`: the process turns; `/up/gemini`: models answer, as far as the generator can tell."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ValidationError

from techub_common.asking import Ask
from techub_common.asks import CHECK_GEMINI, GeminiRequest
from techub_common.errors import Away, Permanent
from techub_common.remembering import Remembering

KEPT_SECONDS: Final = 5.0
"""How long an answer is good for everybody: the generator keeps its own for a minute."""

WITHIN_SECONDS: Final = 12.0

NOBODY: Final = "The generator does not answer."
UNREADABLE: Final = "The generator answered something else."

Model = Literal["text", "image"]
MODELS: Final[tuple[Model, ...]] = ("text", "image")

router = APIRouter(tags=["health"])


class GeminiUp(BaseModel):
    """Whether a model answers: whose and which, or our own words for why not."""

    ok: bool
    provider: str | None = None
    model: str | None = None
    reason: str | None = None


class GeminiHealth:
    """What the generator says of Gemini; a crowd that asks at once costs it one question."""

    def __init__(self, ask: Ask) -> None:
        self._models: dict[Model, Remembering[GeminiUp]] = {
            model: Remembering(_question(ask, model), keep=KEPT_SECONDS) for model in MODELS
        }

    async def of(self, model: Model) -> GeminiUp:
        """Return how such a model stands."""
        return (await self._models[model].recall()).answer


def _question(ask: Ask, model: Model) -> Callable[[], Awaitable[GeminiUp]]:
    async def asked() -> GeminiUp:
        request = GeminiRequest(model=model)
        try:
            answer = await ask(CHECK_GEMINI, request, within=WITHIN_SECONDS)
            return GeminiUp.model_validate({**answer, "ok": answer["works"]})
        except Away:
            return GeminiUp(ok=False, reason=NOBODY)
        except (Permanent, ValidationError, KeyError):
            return GeminiUp(ok=False, reason=UNREADABLE)

    return asked


async def opened(request: Request) -> GeminiHealth:
    """Return what the process keeps open."""
    health: GeminiHealth = request.app.state.gemini
    return health


Opened = Annotated[GeminiHealth, Depends(opened)]
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {503: {"model": GeminiUp}}


@router.get("/up")
async def up() -> dict[str, bool]:
    """Answer that the process turns."""
    return {"ok": True}


@router.get("/up/gemini", responses=ANSWERS, response_model_exclude_none=True)
async def gemini_up(gemini: Opened, response: Response) -> GeminiUp:
    """Answer whether a text model answers."""
    return _said(await gemini.of("text"), response)


@router.get("/up/gemini/image", responses=ANSWERS, response_model_exclude_none=True)
async def gemini_image_up(gemini: Opened, response: Response) -> GeminiUp:
    """Answer whether an image model answers."""
    return _said(await gemini.of("image"), response)


def _said(state: GeminiUp, response: Response) -> GeminiUp:
    response.status_code = 200 if state.ok else 503
    response.headers["Cache-Control"] = "no-store"
    return state
