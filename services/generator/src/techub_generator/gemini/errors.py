"""What a vendor's error body means; both doors use Google's common error format."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from techub_generator.gemini.exchange import Kind

BAD_REQUEST: Final = 400
NO_ACCESS: Final = (401, 403, 404)
TOO_LONG: Final = 408
TOO_MANY: Final = 429
SERVER: Final = 500

OUR_FAULT: Final = ("API_KEY", "ACCESS_TOKEN", "SERVICE_DISABLED", "BILLING")
_FIELD: Final = re.compile(
    r"schema|unknown name|cannot find field|mime_?type|response_?modal|too many states"
    r"|property_?ordering|thinking|aspect_?ratio|image_?config|generation_?config",
    re.IGNORECASE,
)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)s")


def kind_of(status: int, body: object) -> Kind:
    """Return what an error status with this body is."""
    if status == TOO_MANY:
        return Kind.rate_limited
    if status == TOO_LONG or status >= SERVER:
        return Kind.unavailable
    error = _error(body)
    if status in NO_ACCESS or _is_our_fault(error):
        return Kind.no_access
    if status == BAD_REQUEST and _is_about_fields(error):
        return Kind.schema_refused
    return Kind.refused


def retry_after_of(header: str | None, body: object) -> float | None:
    """Return the seconds they asked us to wait: the header's, else the body's RetryInfo."""
    if header and header.strip().isdecimal():
        return float(header)
    for detail in _details(_error(body)):
        found = _DURATION.fullmatch(str(detail.get("retryDelay", "")))
        if found:
            return float(found[1])
    return None


def traces_of(body: object) -> dict[str, str]:
    """Return what of an error may be logged: its status, its reason and the fields it names."""
    error = _error(body)
    fields = [
        str(violation.get("field", ""))[:100]
        for detail in _details(error)
        for violation in _mappings(detail.get("fieldViolations"))
    ]
    reasons = [str(detail["reason"])[:100] for detail in _details(error) if "reason" in detail]
    found = {
        "vendor_status": str(error.get("status") or "")[:100],
        "vendor_reason": ", ".join(reasons[:3]),
        "vendor_fields": ", ".join(dict.fromkeys(fields[:5])),
    }
    return {name: value for name, value in found.items() if value}


def _is_our_fault(error: Mapping[str, Any]) -> bool:
    reasons = [str(detail.get("reason", "")) for detail in _details(error)]
    told = any(reason.startswith(OUR_FAULT) for reason in reasons)
    return told or error.get("status") == "FAILED_PRECONDITION"


def _is_about_fields(error: Mapping[str, Any]) -> bool:
    violated = any("fieldViolations" in detail for detail in _details(error))
    return violated or bool(_FIELD.search(str(error.get("message", ""))))


def _error(body: object) -> Mapping[str, Any]:
    body = body[0] if isinstance(body, list) and body else body
    if not isinstance(body, dict):
        return {}
    inner = body.get("error", body)
    return inner if isinstance(inner, dict) else {}


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return _mappings(error.get("details"))


def _mappings(found: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())
