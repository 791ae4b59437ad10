"""Ends of runs and owners, made by hand."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from techub_common.events import (
    Ended,
    Notify,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    Trigger,
)
from techub_notifier.rules import Owner

KINDS: dict[str, type[Ended]] = {
    "completed": PipelineCompleted,
    "partial": PipelinePartial,
    "failed": PipelineFailed,
}

EndedFactory = Callable[..., Ended]
OwnerFactory = Callable[..., Owner]


@pytest.fixture
def ended() -> EndedFactory:
    """Give a function that makes the end of a run; every field can be given."""

    def make(kind: str, **fields: object) -> Ended:
        known: dict[str, object] = {
            "run_id": uuid4(),
            "login": "octocat",
            "profile_id": uuid4(),
            "trigger": Trigger.submit,
            "notify": Notify.owners,
            "duration_ms": 4321,
        }
        return KINDS[kind].model_validate(known | fields)

    return make


@pytest.fixture
def owner() -> OwnerFactory:
    """Give a function that makes an owner who may be told."""

    def make(
        address: str | None = "ada@example.com",
        *,
        user_id: UUID | None = None,
        verified: bool = True,
        wants_mail: bool = True,
    ) -> Owner:
        return Owner(user_id or uuid4(), address, verified, wants_mail)

    return make
