"""Every event of the system; grep for a subject and find one line."""

from techub_common.events.account import AddressChanged
from techub_common.events.asset import (
    ALTERNATES,
    ARTWORKS,
    AVATAR,
    FROM_OUTSIDE,
    SUITE,
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    CaptureRequested,
    Rendition,
)
from techub_common.events.base import Event, derived_id
from techub_common.events.budget import BudgetExhausted
from techub_common.events.card import (
    AvatarState,
    CardFailed,
    CardGenerated,
    ModelCall,
    Provenance,
    Section,
    StageRecorded,
    StageStatus,
)
from techub_common.events.health import HealthChange, HealthChanged
from techub_common.events.notification import MailReported, NotificationRecorded, Reported
from techub_common.events.pipeline import (
    Degradation,
    Ended,
    Known,
    Notify,
    Options,
    PipelineCanceled,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    PipelineStarted,
    Policy,
    RunError,
    Submitted,
    Trigger,
)

ALL: tuple[type[Event], ...] = (
    PipelineStarted,
    StageRecorded,
    CardGenerated,
    CardFailed,
    CaptureRequested,
    AssetCaptured,
    AssetRecorded,
    AssetFailed,
    PipelineCompleted,
    PipelinePartial,
    PipelineFailed,
    PipelineCanceled,
    NotificationRecorded,
    AddressChanged,
    MailReported,
    BudgetExhausted,
    HealthChanged,
)

OF_NO_RUN: tuple[type[Event], ...] = (
    AddressChanged,
    MailReported,
    BudgetExhausted,
    HealthChanged,
)
"""Their `run_id` is no run's: it only makes the fact's own id."""

BY_TYPE = {event.type: event for event in ALL}

__all__ = [
    "ALL",
    "ALTERNATES",
    "ARTWORKS",
    "AVATAR",
    "BY_TYPE",
    "FROM_OUTSIDE",
    "OF_NO_RUN",
    "SUITE",
    "AddressChanged",
    "AssetCaptured",
    "AssetFailed",
    "AssetRecorded",
    "AvatarState",
    "BudgetExhausted",
    "CaptureRequested",
    "CardFailed",
    "CardGenerated",
    "Degradation",
    "Ended",
    "Event",
    "HealthChange",
    "HealthChanged",
    "Known",
    "MailReported",
    "ModelCall",
    "NotificationRecorded",
    "Notify",
    "Options",
    "PipelineCanceled",
    "PipelineCompleted",
    "PipelineFailed",
    "PipelinePartial",
    "PipelineStarted",
    "Policy",
    "Provenance",
    "Rendition",
    "Reported",
    "RunError",
    "Section",
    "StageRecorded",
    "StageStatus",
    "Submitted",
    "Trigger",
    "derived_id",
]
