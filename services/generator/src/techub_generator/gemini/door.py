"""The one door to google-genai: a question goes out, an answer or the reason for none comes back.

Nothing is repeated here, and nothing the vendor says about an error goes further than the log,
there without its message: that may name keys, projects and what was asked.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from ssl import SSLContext
from typing import Final

import httpx
import structlog
from google.auth import identity_pool
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.genai import Client
from google.genai.errors import APIError
from google.genai.types import (
    Blob,
    Candidate,
    Content,
    GenerateContentConfig,
    GenerateContentResponse,
    HttpOptions,
    ImageConfig,
    Part,
    ThinkingConfig,
)
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from techub_common import tracing
from techub_common.errors import Permanent
from techub_common.tracing import Span, SpanKind
from techub_generator.gemini.errors import kind_of, retry_after_of, traces_of
from techub_generator.gemini.exchange import Answer, Kind, Picture, Question, Unanswered, Usage
from techub_generator.gemini.providers import Name, Provider, Providers

log = structlog.get_logger()

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
PING: Final = Question("ping", tokens=1)
PING_SECONDS: Final = 10.0

FINISHED: Final = (None, "STOP", "FINISH_REASON_UNSPECIFIED")
FINISHES: Final = {
    "MAX_TOKENS": Kind.truncated,
    "CONTINUATION": Kind.truncated,
    "RECITATION": Kind.recited,
    "IMAGE_RECITATION": Kind.recited,
    "OTHER": Kind.empty,
    "NO_IMAGE": Kind.empty,
    "IMAGE_OTHER": Kind.empty,
    "MALFORMED_RESPONSE": Kind.unreadable,
    "MALFORMED_FUNCTION_CALL": Kind.unreadable,
    "UNEXPECTED_TOOL_CALL": Kind.unreadable,
}
"""Every other reason to stop is a filter's."""

UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    httpx.DecodingError,
)
"""What the library raises over a 200 with a body it does not understand."""

Authority = Callable[[Provider], Credentials | None]


LOADERS: Final[Mapping[str, Callable[..., Credentials]]] = {
    "service_account": service_account.Credentials.from_service_account_info,
    "authorized_user": user.Credentials.from_authorized_user_info,
    "external_account": identity_pool.Credentials.from_info,
}


def credentials_of(provider: Provider) -> Credentials | None:
    """Return the credentials of the provider's file; None leaves it to the machine.

    Raises Permanent `misconfigured` when the file holds none.
    """
    if provider.credentials is None:
        return None
    try:
        info = json.loads(provider.credentials.read_text("utf-8"))
        return LOADERS[info["type"]](info, scopes=[SCOPE])
    except (OSError, ValueError, KeyError, TypeError, GoogleAuthError):
        message = (
            "GOOGLE_APPLICATION_CREDENTIALS holds no credential of a service account, a user or "
            "an external account"
        )
        raise Permanent(message, code="misconfigured") from None


class Gemini:
    """Gemini, as many ways as there are; open it with `open_gemini`."""

    def __init__(self, providers: Providers, clients: dict[Name, Client]) -> None:
        self.providers = providers
        self._clients = clients

    async def ask(self, provider: Provider, question: Question, seconds: float) -> Answer:
        """Return what the provider's model says within that time; raise Unanswered."""
        config = GenerateContentConfig(
            system_instruction=question.system or None,
            temperature=question.temperature,
            max_output_tokens=question.tokens,
            response_mime_type="application/json" if question.json else None,
            response_schema=dict(question.schema) if question.schema else None,
            thinking_config=_thinking(provider.model),
            automatic_continuation=False,
        )
        call = _Call(provider, provider.model)
        return call.read(await self._call(call, question, config, seconds))

    async def draw(
        self, provider: Provider, question: Question, aspect_ratio: str, seconds: float
    ) -> Answer:
        """Return the picture the provider's image model draws; raise Unanswered."""
        config = GenerateContentConfig(
            temperature=question.temperature,
            response_modalities=["TEXT", "IMAGE"],
            image_config=ImageConfig(aspect_ratio=aspect_ratio),
            automatic_continuation=False,
        )
        call = _Call(provider, provider.image_model)
        return call.seen(await self._call(call, question, config, seconds))

    async def ping(
        self, provider: Provider, *, image: bool = False, seconds: float = PING_SECONDS
    ) -> Answer:
        """Return an answer, of one token or none, of the text or the image model; or Unanswered."""
        model = provider.image_model if image else provider.model
        config = GenerateContentConfig(
            max_output_tokens=PING.tokens,
            thinking_config=_thinking(model),
            automatic_continuation=False,
        )
        call = _Call(provider, model)
        response = await self._call(call, PING, config, seconds)
        return call.answer(response, "")

    async def _call(
        self, call: "_Call", question: Question, config: GenerateContentConfig, seconds: float
    ) -> GenerateContentResponse:
        models = self._clients[call.provider.name].aio.models
        pictures = [
            Part(inline_data=Blob(data=one.content, mime_type=one.mime))
            for one in question.pictures
        ]
        contents = Content(role="user", parts=[*pictures, Part(text=question.text)])
        try:
            with call.noted() as span:
                async with asyncio.timeout(seconds):
                    response = await models.generate_content(
                        model=call.model, contents=contents, config=config
                    )
                _note_usage(span, _usage(response))
                return response
        except APIError as error:
            raise call.refused(error) from None
        except TimeoutError:
            raise call.failed(Kind.timed_out, paid=True) from None
        except httpx.TransportError as error:
            sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise call.failed(Kind.unavailable, paid=sent) from None
        except GoogleAuthError as error:
            kind = Kind.unavailable if error.retryable else Kind.no_access
            raise call.failed(kind) from None
        except UNREADABLE:
            raise call.failed(Kind.unreadable, paid=True) from None


class _Call:
    """One call: whom it went to and since when."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.provider = provider
        self.model = model
        self._started = time.monotonic()

    def noted(self) -> AbstractContextManager[Span]:
        """Note the call as a part of what is under way: whom it went to, never what was said."""
        whom = {
            "gen_ai.provider.name": self.provider.name,
            "gen_ai.operation.name": "generate_content",
            "gen_ai.request.model": self.model,
        }
        return tracing.span(f"generate_content {self.model}", SpanKind.CLIENT, **whom)

    def read(self, response: GenerateContentResponse) -> Answer:
        """Return the text of a response that has one and was finished."""
        candidate = _candidate(response)
        text = "".join(_texts(candidate))
        self._unbroken(response, candidate, text)
        if not text.strip():
            raise self.broken(Kind.empty, response, _reason(candidate))
        return self.answer(response, text)

    def seen(self, response: GenerateContentResponse) -> Answer:
        """Return the first picture of a response."""
        candidate = _candidate(response)
        for part in _parts(candidate):
            blob = part.inline_data
            if blob and blob.data and blob.mime_type:
                picture = Picture(blob.data, blob.mime_type)
                return self.answer(response, "".join(_texts(candidate)), picture)
        self._unbroken(response, candidate, "")
        raise self.broken(Kind.empty, response, _reason(candidate))

    def _unbroken(
        self, response: GenerateContentResponse, candidate: Candidate | None, text: str
    ) -> None:
        reason = _reason(candidate)
        feedback = response.prompt_feedback
        if candidate is None and feedback and feedback.block_reason:
            raise self.broken(Kind.blocked, response, str(feedback.block_reason.value))
        if reason not in FINISHED:
            raise self.broken(FINISHES.get(str(reason), Kind.blocked), response, reason, text)

    def answer(
        self, response: GenerateContentResponse, text: str, picture: Picture | None = None
    ) -> Answer:
        """Return the answer with what it took."""
        return Answer(
            provider=self.provider.name,
            model=self.model,
            text=text,
            picture=picture,
            finish_reason=_reason(_candidate(response)),
            usage=_usage(response),
            duration_ms=self.took,
        )

    @property
    def took(self) -> int:
        """Return the milliseconds since the call began."""
        return round((time.monotonic() - self._started) * 1000)

    def refused(self, error: APIError) -> Unanswered:
        """Return what an error status means; its traces are logged."""
        kind = kind_of(error.code, error.details)
        headers = getattr(error.response, "headers", None) or {}
        log.warning(
            "gemini_refused",
            provider=self.provider.name,
            model=self.model,
            http_status=error.code,
            error=kind,
            **traces_of(error.details),
        )
        after = retry_after_of(headers.get("retry-after"), error.details)
        return self.failed(kind, retry_after=after)

    def broken(
        self,
        kind: Kind,
        response: GenerateContentResponse,
        reason: str | None,
        text: str = "",
    ) -> Unanswered:
        """Return the failure of a call that was answered, and so is paid for."""
        return Unanswered(
            kind,
            self.provider.name,
            self.model,
            paid=True,
            finish_reason=reason,
            usage=_usage(response),
            duration_ms=self.took,
            text=text,
        )

    def failed(
        self, kind: Kind, *, paid: bool = False, retry_after: float | None = None
    ) -> Unanswered:
        """Return the failure of a call that was not answered."""
        return Unanswered(
            kind,
            self.provider.name,
            self.model,
            paid=paid,
            retry_after=retry_after,
            duration_ms=self.took,
        )


@asynccontextmanager
async def open_gemini(
    providers: Providers,
    authority: Authority = credentials_of,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Gemini]:
    """Yield Gemini; nobody is asked anything yet."""
    async with AsyncExitStack() as stack:
        clients = {}
        trust = httpx.create_ssl_context()
        for provider in {*providers.text, *providers.images}:
            http = await stack.enter_async_context(
                httpx.AsyncClient(verify=trust, transport=transport)
            )
            client = _client(provider, http, trust, authority)
            stack.callback(client.close)
            clients[provider.name] = client
        yield Gemini(providers, clients)


def _client(
    provider: Provider, http: httpx.AsyncClient, trust: SSLContext, authority: Authority
) -> Client:
    options = HttpOptions(
        base_url=provider.base,
        api_version=provider.version,
        httpx_async_client=http,
        client_args={"verify": trust},  # of a client that is not used, and takes its time
    )
    if provider.name is Name.ai_studio:
        key = provider.key.get_secret_value() if provider.key else ""
        return Client(vertexai=False, api_key=key, http_options=options)
    return Client(
        vertexai=True,
        project=provider.project,
        location=provider.location,
        credentials=authority(provider),
        http_options=options,
    )


def _thinking(model: str) -> ThinkingConfig | None:
    """Return that a model is not to think, where one can say so: thoughts use up the tokens."""
    plain = model.startswith("gemini-2.5-flash") and "image" not in model
    return ThinkingConfig(thinking_budget=0) if plain else None


def _candidate(response: GenerateContentResponse) -> Candidate | None:
    return response.candidates[0] if response.candidates else None


def _parts(candidate: Candidate | None) -> list[Part]:
    return (candidate.content.parts or []) if candidate and candidate.content else []


def _texts(candidate: Candidate | None) -> Iterator[str]:
    return (part.text for part in _parts(candidate) if part.text and not part.thought)


def _reason(candidate: Candidate | None) -> str | None:
    reason = candidate.finish_reason if candidate else None
    return str(reason.value) if reason else None


def _usage(response: GenerateContentResponse) -> Usage:
    counted = response.usage_metadata
    if counted is None:
        return Usage()
    said = (counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0)
    return Usage(max(counted.prompt_token_count or 0, 0), max(said, 0))


def _note_usage(span: Span, usage: Usage) -> None:
    span.set_attribute("gen_ai.usage.input_tokens", usage.tokens_in)
    span.set_attribute("gen_ai.usage.output_tokens", usage.tokens_out)


__all__ = ("Gemini", "credentials_of", "open_gemini")
