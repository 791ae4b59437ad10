"""`/ops/dead`: what was given up, why and how often; a replay is looked at before it is done."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from techub_api.counting import whole_number
from techub_api.ops.actions import Meant, plan
from techub_api.ops.door import AsOperator
from techub_api.ops.filters import WINDOWS
from techub_api.ops.frame import Sent, show
from techub_api.ops.replaying import DROP, REPLAY, letters_of, what_would_be
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.letters import Chosen, Letter
from techub_common.since import moment
from techub_common.streams import CONSUMERS

router = APIRouter(prefix="/ops/dead")

MOST_SHOWN: Final = 100
MOST_REPLAYED: Final = 1_000
NAMES: Final = ("consumer", "code", "login", "run", "since")

Number = Annotated[int, Path(ge=1, le=2**62)]


@router.get("")
async def list_letters(request: Request, opened: Opened, who: AsOperator) -> HTMLResponse:
    """Answer the newest dead letters that fit the filters in the address."""
    asked = _asked(request.query_params)
    letters, more = await letters_of(opened).newest(_chosen(asked), MOST_SHOWN)
    return show(
        request,
        opened.settings,
        who,
        "dead.html",
        letters=letters,
        more=more,
        asked=asked,
        filtered=any(asked.values()),
        codes=sorted({letter.kept.code for letter in letters} | ({asked["code"]} - {""})),
        by_consumer=Counter(letter.kept.consumer for letter in letters),
        consumers=[consumer.name for consumer in CONSUMERS],
        windows=WINDOWS,
    )


@router.get("/{number}")
async def show_letter(
    number: Number, request: Request, opened: Opened, who: AsOperator
) -> HTMLResponse:
    """Answer the letter: the original message, readable, and what a replay would do."""
    [letter] = await _numbered(opened, number)
    [deed] = await what_would_be(opened, [letter])
    return show(
        request,
        opened.settings,
        who,
        "letter.html",
        letter=letter,
        deed=deed,
        body=readable(letter.kept.body),
    )


@router.post("/plan")
async def look_first(opened: Opened, who: AsOperator, fields: Sent) -> RedirectResponse:
    """Find out what a replay (or dropping) of a letter, or of all that fit, would do."""
    kind = fields.get("kind")
    if kind not in (REPLAY, DROP):
        message = "That is nothing one can do with a dead letter."
        raise Permanent(message, code="unknown_field")
    asked = _asked({name: str(fields.get(name) or "") for name in NAMES})
    number = str(fields.get("number") or "")
    if number:
        letters = await _numbered(opened, whole_number(number) or 0)
    else:
        letters, _ = await letters_of(opened).newest(_chosen(asked), MOST_REPLAYED)
        letters.reverse()  # the oldest is replayed first
    deeds = await what_would_be(opened, letters)
    shown = [{**deed.as_json(), "does": str(deed.action)} for deed in deeds]
    meant = {
        deed.letter.event.run_id: Meant(deed.letter.event.run_id, deed.note)
        for deed in deeds
        if deed.letter.event is not None
    }
    kept = {"letters": [letter.number for letter in letters], "deeds": shown}
    kept["filter"] = {name: value for name, value in asked.items() if value}
    async with transaction(opened.sessions) as session:
        action_id = await plan(session, who, str(kind), kept, list(meant.values()))
    return RedirectResponse(f"/ops/actions/{action_id}", 303)


def readable(body: bytes) -> str:
    """Return the bytes as a person can read them: JSON indented, anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode(errors="backslashreplace")


async def _numbered(opened: Resources, number: int) -> list[Letter]:
    try:
        return await letters_of(opened).numbered([number])
    except Permanent as error:
        if error.code != "letter_missing":
            raise
        raise HTTPException(404, f"There is no dead letter {number} any more.") from error


def _asked(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(given.get(name) or "").strip()[:100] for name in NAMES}


def _chosen(asked: Mapping[str, str]) -> Chosen:
    try:
        since = moment(asked["since"], datetime.now(UTC)) if asked["since"] else None
    except ValueError as error:
        raise Permanent(str(error), code="filter_refused") from error
    return Chosen(
        consumer=asked["consumer"] or None,
        code=asked["code"] or None,
        since=since,
        login=asked["login"] or None,
        run=asked["run"] or None,
    )
