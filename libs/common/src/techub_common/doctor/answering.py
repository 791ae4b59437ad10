"""How a service answers `ask.<service>.doctor`: every replica, at once, about itself."""

import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from techub_common.asks import EXAMINE, DoctorRequest
from techub_common.doctor.checking import Check, Report, examine
from techub_common.doctor.discretion import discreet_about
from techub_common.remembering import Remembering
from techub_common.runtime import Service


def this_replica() -> str:
    """Return what tells this process from others of its service: its machine or pod, and its id."""
    return f"{socket.gethostname()}/{os.getpid()}"


@asynccontextmanager
async def answering_doctor(service: Service, checks: Sequence[Check]) -> AsyncIterator[None]:
    """Answer for as long as this is open: who is there at once, and what was found when it is.

    Who asks while an examination is under way gets its findings.
    """
    name = service.settings.service
    here = Report(service=name, replica=this_replica(), version=version(f"techub-{name}"))
    discreet = discreet_about(service.settings)
    rounds = {
        paid: Remembering(partial(examine, checks, paid=paid, discreet=discreet), keep=0)
        for paid in (False, True)
    }

    async def answer(request: DoctorRequest) -> dict[str, Any]:
        """Answer who is there, or what was found."""
        if request.depth == "present":
            return here.model_dump(mode="json")
        found = await rounds[request.depth == "paid"].recall()
        return here.model_copy(update={"findings": found.answer}).model_dump(mode="json")

    await service.answer(EXAMINE[name], answer, every_replica=True)
    try:
        yield
    finally:
        for each in rounds.values():
            await each.close()
