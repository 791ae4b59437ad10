"""The one door to Resend: its official SDK, and what each of its errors means for us."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import httpx
import resend
from resend.exceptions import NoContentError, ResendError
from resend.http_client_async import AsyncHTTPClient

from techub_common import tracing
from techub_common.errors import Permanent, Transient

SEND_SECONDS: Final = 10.0
SENDS_ONLY: Final = "restricted_api_key"
"""What Resend says of a key that may do nothing but send, when it is asked for something else."""

# A 4xx that names another field than the recipient is a mistake of ours, for a person to look at.
_OTHER_FIELD: Final = re.compile(
    r"`?\b(?:from|subject|html|text|cc|bcc|reply_to|headers|tags|attachments)`?(?: \w+)? field",
    re.IGNORECASE,
)
_UNFIT: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
_NOT_LET_IN: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_NO_SUCH_DOOR: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
_LATER: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}


class KeptOpen(AsyncHTTPClient):
    """The SDK's transport over one client: its own opens a new one, TLS and all, per mail."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def request(  # the SDK's signature
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: dict[str, object] | list[object] | None = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Return body, status and headers; the SDK turns what is raised into its own error."""
        del files, data
        answer = await self._client.request(method, url, headers=headers, json=json)
        return answer.content, answer.status_code, answer.headers


class Resend:
    """Sends mails; the SDK keeps key and address in module state, so there is one per process."""

    async def send(self, mail: Mapping[str, Any], key: UUID) -> str:
        """Return Resend's id of the mail; the same key never makes a second one within 24 h.

        Raises Transient while another try may help (its outcome may be unknown), and Permanent
        `address_refused`, `payload_conflict` or `mail_refused`.
        """
        params = cast("resend.Emails.SendParams", dict(mail))
        try:
            with tracing.span("send mail", tracing.SpanKind.CLIENT):
                async with asyncio.timeout(SEND_SECONDS):
                    answer = await resend.Emails.send_async(params, {"idempotency_key": str(key)})
        except TimeoutError as error:
            message = f"Resend did not answer within {SEND_SECONDS:g} s"
            raise Transient(message, code="resend_timed_out") from error
        except NoContentError as error:
            raise _unreadable() from error
        except ResendError as error:
            raise meaning(error) from error
        if not isinstance(provider_id := answer.get("id"), str) or not provider_id:
            raise _unreadable()
        return provider_id

    async def domains(self) -> Mapping[str, str] | None:
        """Return the status of each of our domains; None where the key may only send.

        Nothing is sent. Raises Permanent `resend_unauthorized` when the key is not accepted, and
        Transient.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                answer = await resend.Domains.list_async()
        except TimeoutError as error:
            message = f"Resend did not answer within {SEND_SECONDS:g} s"
            raise Transient(message, code="resend_timed_out") from error
        except NoContentError as error:
            raise _unreadable() from error
        except ResendError as error:
            if error.error_type == SENDS_ONLY:
                return None
            if int(error.code) in _UNFIT | _NOT_LET_IN:
                message = f"Resend does not accept the key: {error.code} {error.message}"
                raise Permanent(message, code="resend_unauthorized") from error
            raise meaning(error) from error
        try:
            return {str(one["name"]).lower(): str(one["status"]) for one in answer["data"]}
        except (KeyError, TypeError) as error:
            raise _unreadable() from error


@asynccontextmanager
async def open_resend(api_key: str, api_url: str) -> AsyncIterator[Resend]:
    """Yield the door to Resend over connections that are kept open."""
    async with httpx.AsyncClient(timeout=SEND_SECONDS) as client:
        resend.api_key = api_key
        resend.api_url = api_url
        resend.default_async_http_client = KeptOpen(client)
        yield Resend()


def meaning(error: ResendError) -> Transient | Permanent:
    """Return what an answer of Resend means: try again, refused, or for a person to look at."""
    status, name, message = int(error.code), error.error_type, str(error.message)
    text = f"{status} {name}: {message}"
    if status == HTTPStatus.CONFLICT and name == "invalid_idempotent_request":
        return Permanent(text, code="payload_conflict")
    if code := _may_pass(status):
        return Transient(text, code=code, retry_after=asked_wait(error.headers))
    unfit = status in _UNFIT and name == "validation_error" and not _OTHER_FIELD.search(message)
    return Permanent(text, code="address_refused" if unfit else "mail_refused")


def _may_pass(status: int) -> str | None:
    if status in _NOT_LET_IN:
        return "resend_unauthorized"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "resend_limited"
    if status == HTTPStatus.CONFLICT:
        return "resend_busy"
    later = status in _NO_SUCH_DOOR | _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return "resend_failed" if later else None


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, when there is one that counts seconds."""
    lowered = {name.lower(): value for name, value in headers.items()}
    text = lowered.get("retry-after", "").strip()
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def _unreadable() -> Transient:
    return Transient("Resend answered something that cannot be read", code="resend_unreadable")
