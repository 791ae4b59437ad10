"""What every operators' page stands in: one table of pages, one way to render, one form token."""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, Any, Final

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from itsdangerous import BadSignature
from starlette.datastructures import FormData

from techub_api.accounts.cookies import cookie, keep_cookie, signer
from techub_api.ops.door import AsOperator, Operator
from techub_api.pages.answers import environment, packed
from techub_api.pages.visitors import FORM_COOKIE, FORM_LASTS, MAX_FIELDS, TOKEN_FIELD, new_mark
from techub_api.settings import Settings
from techub_api.wiring import Opened
from techub_common.errors import Permanent

PURPOSE: Final = "ops form"
LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the navigation; addresses below its own belong to it."""

    path: str
    title: str


PAGES: Final = (
    Page("/ops/jobs", "Runs"),
    Page("/ops/dead", "Dead letters"),
    Page("/ops/queues", "Queues"),
    Page("/ops/events", "Events"),
    Page("/ops/doctor", "Doctor"),
    Page("/ops/actions", "Actions"),
)
ELSEWHERE: Final = {"/ops/runs": "/ops/jobs"}


def show(
    request: Request,
    settings: Settings,
    who: Operator,
    template: str,
    *,
    status: int = 200,
    **shown: Any,  # noqa: ANN401  # whatever the template asks for
) -> HTMLResponse:
    """Return the page in its frame; nobody keeps a copy of it."""
    mark = cookie(request, settings, FORM_COOKIE)
    new = new_mark()
    forms = []

    def token() -> str:
        forms.append(template)
        return signer(settings, PURPOSE).dumps([mark or new, who.name])

    html = (
        environment()
        .get_template(f"ops/{template}")
        .render(
            {
                **shown,
                "operator": who.name,
                "pages": PAGES,
                "here": _here(request.url.path),
                "token": token,
                "token_field": TOKEN_FIELD,
                "app_host": settings.app_host,
                "path": request.url.path,
            }
        )
    )
    response = packed(request, settings, html, status=status, holds_form=bool(forms))
    response.headers["Cache-Control"] = "no-store"
    if forms and mark is None:
        keep_cookie(response, settings, FORM_COOKIE, new)
    return response


def _here(path: str) -> str:
    for beginning, page in ELSEWHERE.items():
        path = path.replace(beginning, page, 1)
    return next((page.path for page in PAGES if path.startswith(page.path)), "")


async def form(request: Request, opened: Opened, who: AsOperator) -> FormData:
    """Return the fields that were sent; refuse a form that is not ours with 403."""
    fields = await request.form(max_files=0, max_fields=MAX_FIELDS)
    try:
        mark, name = signer(opened.settings, PURPOSE).loads(
            _text(fields, TOKEN_FIELD), max_age=int(FORM_LASTS.total_seconds())
        )
    except (BadSignature, ValueError):
        mark, name = "", ""
    held = cookie(request, opened.settings, FORM_COOKIE)
    same = compare_digest(mark.encode(), (held or "").encode()) and compare_digest(name, who.name)
    if not held or not same:
        raise HTTPException(403, "This form is too old, or was not sent from here. Send it again.")
    return fields


Sent = Annotated[FormData, Depends(form)]


def why_of(fields: FormData) -> str:
    """Return why somebody acts; raise Permanent `why_missing` when they do not say."""
    why = " ".join(_text(fields, "why").split())[:LONGEST_WHY]
    if not why:
        message = "Say why: whoever looks at this later will want to know."
        raise Permanent(message, code="why_missing")
    return why


def _text(fields: FormData, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
