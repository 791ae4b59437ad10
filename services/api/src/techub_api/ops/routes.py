"""Every operators' page, behind one door; and what they need at work in the background."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import RedirectResponse

from techub_api.ops import dead, deeds, doctor, jobs, queues, runs, tail
from techub_api.ops.door import Door, operator
from techub_api.ops.redriving import Redriving
from techub_api.ops.soundings import Soundings
from techub_api.resources import Resources

PARTS: Final = (jobs, runs, dead, queues, tail, doctor, deeds)

router = APIRouter(include_in_schema=False, dependencies=[Depends(operator)])
for _part in PARTS:
    router.include_router(_part.router)


@router.get("/ops")
async def front() -> RedirectResponse:
    """Answer where operators begin."""
    return RedirectResponse("/ops/jobs", 303)


@router.get("/ops/{rest:path}")
async def nothing_here(rest: str) -> None:
    """Answer that nothing is here, to operators alone: others learn of no address."""
    del rest
    raise HTTPException(404, "The operators have no such page.")


Loop = Callable[[], Coroutine[Any, Any, None]]


def install(app: FastAPI, resources: Resources) -> None:
    """Add the pages to the app."""
    app.state.ops_door = Door(resources.settings)
    app.state.ops_soundings = Soundings(resources)
    app.include_router(router)


def loops(app: FastAPI, resources: Resources) -> tuple[Loop, ...]:
    """Return what goes on while the app serves: soundings, and what operators confirmed."""
    seen: Soundings = app.state.ops_soundings
    return seen.run, Redriving(resources).run
