"""Questions between services and from operators: core request and reply, in no stream."""

from typing import Final

from pydantic import BaseModel

RUN_PIPELINE: Final = "ask.api.run"
SHOW_RUN: Final = "ask.api.status"


class RunRequest(BaseModel):
    """Start a run of this login; answered with `run_id` and whether it was `created`."""

    login: str


class StatusRequest(BaseModel):
    """Show a run by its id, or the newest run of a login."""

    login_or_run: str
