"""What an event has to say in a line: the few fields that tell it from its like."""

from collections.abc import Iterable, Mapping

from techub_cli.screen import size, took
from techub_common import events
from techub_common.events import Event, Rendition


def fields_of(event: Event) -> Mapping[str, object]:
    """Return the telling fields of an event by name, the most telling first, no empty ones."""
    fields = _pipeline(event) or _card(event) or _asset(event) or _besides(event)
    return {name: value for name, value in fields.items() if value not in (None, "", 0)}


def _pipeline(event: Event) -> Mapping[str, object]:
    match event:
        case events.PipelineStarted():
            return {
                "trigger": event.trigger,
                "notify": event.policy.notify,
                "variants": ",".join(event.options.variants or ()),
            }
        case events.Ended():
            return {
                "duration": took(event.duration_ms),
                **event.counts,
                "stage": event.error and event.error.stage,
                "code": event.error and event.error.code,
                "error": event.error and event.error.message,
                "degraded": degraded(event.degradations),
            }
        case events.PipelineCanceled():
            return {"by": event.by, "reason": event.reason}
        case events.NotificationRecorded():
            return {"event": event.event, **{str(name): n for name, n in event.counts.items()}}
        case _:
            return {}


def _besides(event: Event) -> Mapping[str, object]:
    match event:
        case events.BudgetExhausted():
            return {"tokens": event.tokens, "budget": event.budget, "day": event.day}
        case events.HealthChanged():
            named = (f"{each.service} {each.check} {each.state}" for each in event.changes)
            return {"changes": "; ".join(named), "failing": event.failing}
        case events.AddressChanged():
            return {"user": event.user_id}
        case events.MailReported():
            return {
                "reported": event.reported,
                "hard": "yes" if event.hard else None,
                "delivery": event.delivery_id,
                "reason": event.reason or None,
            }
        case _:
            return {}


def _card(event: Event) -> Mapping[str, object]:
    match event:
        case events.StageRecorded():
            return {
                "stage": event.stage,
                "status": event.status,
                "attempt": event.attempt if event.attempt > 1 else None,
                "duration": took(event.duration_ms),
                "message": event.message,
            }
        case events.CardGenerated():
            written = event.provenance
            return {
                "provider": written and written.provider,
                "model": written and written.model,
                "tokens": written and written.tokens,
                "fallback": written and written.fallback_reason,
                "avatar": event.avatar,
                "degraded": degraded(event.degradations),
            }
        case events.CardFailed():
            return {"stage": event.stage, "code": event.code, "message": event.message}
        case _:
            return {}


def _asset(event: Event) -> Mapping[str, object]:
    match event:
        case events.CaptureRequested():
            return {"variant": event.variant}
        case events.AssetCaptured():
            return {
                "kind": event.kind,
                "size": f"{event.width}x{event.height}",
                "bytes": size(event.bytes),
                "duration": took(event.duration_ms),
            }
        case events.AssetRecorded():
            return {
                "kind": event.kind,
                "bytes": smaller(event.bytes_before, event.renditions),
                "engine": event.engine,
                "duration": took(event.duration_ms),
                "degraded": degraded(event.degradations),
            }
        case events.AssetFailed():
            return {
                "kind": event.kind,
                "stage": event.stage,
                "code": event.code,
                "attempts": event.attempts,
                "message": event.message,
            }
        case _:
            return {}


def degraded(parts: Iterable[events.Degradation]) -> str:
    """Return what was lost, stage by stage."""
    return "; ".join(f"{part.stage}: {part.reason}" for part in parts)


def smaller(before: int, renditions: Iterable[Rendition]) -> str:
    """Return what became of a picture's bytes: `88 kB > webp 12 kB, png 40 kB`."""
    files = ", ".join(f"{file.format} {size(file.bytes)}" for file in renditions)
    return f"{size(before)} > {files}"
