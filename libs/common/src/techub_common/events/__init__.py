"""Every event of the system; grep for a subject and find one line."""

from techub_common.events.account import AddressChanged
from techub_common.events.asset import (
    ARTWORK,
    AVATAR,
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
)

BY_TYPE = {event.type: event for event in ALL}

__all__ = [
    "ALL",
    "ARTWORK",
    "AVATAR",
    "BY_TYPE",
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
