"""`/directory` and `/faq`: what there is to look at without being anybody."""

from dataclasses import asdict
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from techub_api.pages.answers import answer
from techub_api.pages.frames import frames
from techub_api.pages.queries import exhibits_of
from techub_api.pages.visitors import Looking
from techub_api.profiles.directory import Wanted, find, languages
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.traits import ARCHETYPES, SPIRIT_ANIMALS

router = APIRouter(include_in_schema=False)

LANGUAGES: Final = 30


class Asked(BaseModel):
    """The fields of the directory's form, and where the last page ended."""

    q: str = Field("", max_length=60)
    archetype: str = Field("", max_length=60)
    animal: str = Field("", max_length=60)
    language: str = Field("", max_length=60)
    tag: str = Field("", max_length=60)
    after: str = Field("", max_length=200)

    @property
    def wanted(self) -> Wanted:
        """Return what is looked for, without letters nobody can see."""
        return Wanted(
            words=_clean(self.q),
            archetype=_clean(self.archetype),
            animal=_clean(self.animal),
            language=_clean(self.language),
            tag=_clean(self.tag).lstrip("#"),
        )


@router.get("/directory")
async def browse(
    request: Request, opened: Opened, visitor: Looking, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    """Answer the cards, the newest first, narrowed down to what was asked for."""
    wanted = asked.wanted
    async with transaction(opened.sessions) as session:
        page = await find(session, wanted, asked.after)
        exhibits = await exhibits_of(session, page.profile_ids, opened.settings)
        spoken = await languages(session, LANGUAGES)
    return answer(
        request,
        opened.settings,
        visitor,
        "directory.html",
        wanted=wanted,
        narrowed=wanted != Wanted(),
        exhibits=[(exhibit, frames(exhibit.pictures)) for exhibit in exhibits],
        archetypes=ARCHETYPES,
        animals=sorted(SPIRIT_ANIMALS),
        languages=spoken,
        first=not asked.after,
        onward=page.onward and _address(wanted, page.onward),
    )


@router.get("/faq")
async def explain(request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Answer what people ask."""
    return answer(request, opened.settings, visitor, "faq.html")


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _address(wanted: Wanted, after: str | None) -> str:
    fields = {("q" if name == "words" else name): value for name, value in asdict(wanted).items()}
    kept = {name: value for name, value in fields.items() if value}
    query = urlencode(kept | ({"after": after} if after else {}))
    return f"/directory?{query}" if query else "/directory"
