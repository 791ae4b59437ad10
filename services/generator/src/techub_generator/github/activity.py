"""What the public events of an account amount to."""

from collections import Counter
from collections.abc import Sequence

from techub_generator.github.wire import PublicEvent
from techub_generator.profile import RECENT_REPOSITORIES, Activity, SeenEvent


def seen(event: PublicEvent) -> SeenEvent:
    """Return what is remembered of an event."""
    repo = event.repo.name if event.repo else None
    return SeenEvent(type=event.type, repo=repo, at=event.created_at)


def activity_of(events: Sequence[SeenEvent]) -> Activity:
    """Return what the events, the newest first, amount to."""
    kinds = Counter(event.type for event in events)
    places = dict.fromkeys(event.repo for event in events if event.repo)
    return Activity(
        total_events=len(events),
        event_breakdown=dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        recent_repos=tuple(places)[:RECENT_REPOSITORIES],
        last_active=max((event.at for event in events if event.at), default=None),
    )
