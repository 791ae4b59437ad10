"""Gemini on both of its doors: AI Studio with a key, Vertex with a bearer token."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from techub_devstack.doubles import gemini_card, gemini_fields, gemini_picture, gemini_wire
from techub_devstack.doubles.control import PREFIX, controlled
from techub_devstack.doubles.faults import Control, Fault
from techub_devstack.doubles.gemini_failures import FAILURES, failure
from techub_devstack.doubles.gemini_wire import Prompt

UNREGISTERED = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)
UNAUTHENTICATED = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential."
)
INVALID_KEY = "API key not valid. Please pass a valid API key."
INVALID_KEY_DETAIL = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
    "metadata": {"service": "generativelanguage.googleapis.com"},
}


def create_app(*, control: Control | None = None) -> FastAPI:
    """Return Gemini; keys that begin with `invalid` are not valid, every other one is."""
    app = FastAPI(title="Gemini double", docs_url=None, redoc_url=None, openapi_url=None)
    control = control or Control()
    controlled(app, control)
    app.include_router(_failures(control))
    app.include_router(_routes())
    return app


def _failures(control: Control) -> APIRouter:
    """By name over HTTP: `curl -X POST '…/__control__/failures/overloaded?times=2'`."""
    router = APIRouter(prefix=f"{PREFIX}/failures")

    @router.get("")
    async def names() -> list[str]:
        return list(FAILURES)

    @router.post("/{name}", status_code=201)
    async def begin(name: str, times: int | None = None) -> Response:
        if name not in FAILURES:
            return JSONResponse({"error": f"one of {', '.join(FAILURES)}"}, 404)
        control.faults.append(Fault.model_validate(failure(name, times=times)))
        return JSONResponse({"name": name, "times": times}, 201)

    return router


def _routes() -> APIRouter:
    router = APIRouter()

    @router.post("/{version}/models/{model}:generateContent")
    async def ai_studio(request: Request, version: str, model: str) -> Response:
        key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
        if not key:
            return _error(403, "PERMISSION_DENIED", UNREGISTERED)
        if key.startswith("invalid"):
            return _error(400, "INVALID_ARGUMENT", INVALID_KEY, INVALID_KEY_DETAIL)
        return await _generated(request, model, version, vertex=False)

    @router.post(
        "/{version}/projects/{project}/locations/{location}/publishers/google/models/"
        "{model}:generateContent"
    )
    async def vertex(
        request: Request,
        version: str,
        project: str,  # noqa: ARG001 - any project, any location
        location: str,  # noqa: ARG001
        model: str,
    ) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return _error(401, "UNAUTHENTICATED", UNAUTHENTICATED)
        return await _generated(request, model, version, vertex=True)

    @router.post("/token")
    async def token() -> dict[str, Any]:
        """What a service account's `token_uri` answers."""
        return {"access_token": "ya29.double", "expires_in": 3599, "token_type": "Bearer"}

    return router


async def _generated(request: Request, model: str, version: str, *, vertex: bool) -> Response:
    if not model.startswith("gemini-"):
        text = (
            f"models/{model} is not found for API version {version}, or is not supported for "
            "generateContent. Call ModelService.ListModels to see the list of available models and "
            "their supported methods."
        )
        return _error(404, "NOT_FOUND", text)
    try:
        body = await request.json()
        prompt = Prompt.read(body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    if refused := _refused(body, vertex=vertex):
        return refused
    if "image" in model:
        if prompt.wants_mime_type:
            text = "JSON mode is not enabled for this model"
            return _error(400, "INVALID_ARGUMENT", text)
        drawn = gemini_picture.picture(prompt.text, prompt.aspect_ratio)
        return JSONResponse(gemini_wire.image_answer(prompt, drawn, model, vertex=vertex))
    text = "" if vertex and gemini_fields.silencing(body) else _said(prompt)
    return JSONResponse(gemini_wire.text_answer(prompt, text, model, vertex=vertex))


def _refused(body: dict[str, Any], *, vertex: bool) -> Response | None:
    """Return what the door says of fields it does not know, or of a schema without sense."""
    if unknown := gemini_fields.violations(body, vertex=vertex):
        named = [{"field": place, "description": text} for place, text in unknown]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": named}
        text = "\n".join(text for _, text in unknown)
        return _error(400, "INVALID_ARGUMENT", text, detail)
    if senseless := gemini_fields.wrongs(body):
        return _error(400, "INVALID_ARGUMENT", "\n".join(senseless))
    return None


def _said(prompt: Prompt) -> str:
    if not prompt.structured:
        about = gemini_card.login_in(prompt.text)
        return "pong" if about == "someone" else f"{about} keeps the lights on in open source."
    if gemini_card.is_card(prompt.schema):
        return gemini_wire.structured(gemini_card.card(prompt.text))
    return gemini_wire.structured(gemini_card.fill(prompt.schema))


def _error(code: int, status: str, message: str, *details: dict[str, Any]) -> Response:
    return JSONResponse(gemini_wire.error(code, status, message, *details), code)
