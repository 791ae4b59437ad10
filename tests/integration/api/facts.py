"""What the other services would tell the ledger."""

import json
from typing import Any
from uuid import UUID

from techub_api.resources import Resources
from techub_common.events import (
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    AvatarState,
    CardGenerated,
    Degradation,
    Rendition,
)
from techub_common.traits import CardTraits

TRAITS = CardTraits(
    title="Moonlit Stargazer",
    tagline="Known for foghorns.",
    short_bio="Short.",
    long_bio="Long.",
    buff="Rubber Duck Aura",
    buff_description="Problems explain themselves.",
    weakness="Friday Deploys",
    weakness_description="It is half past four.",
    vibe="Tinkerer",
    vibe_description="Cannot leave a thing alone.",
    special_move="Starfall Combo",
    special_move_description="Stars come down on the problem.",
    flavor_text="If it compiles, it apologises.",
    tags=("rust", "astro", "alerting", "maps", "tides", "append-only"),
    attack=90,
    defense=80,
    speed=70,
    playing_card="Ace of ♠",
    spirit_animal="Cockatoo",
    archetype="The Innocent",
)


async def card(
    resources: Resources,
    run_id: UUID,
    login: str = "pip",
    github_id: int = 7,
    *,
    avatar: AvatarState = AvatarState.absent,
    degraded: bool = False,
    **facts: Any,
) -> CardGenerated:
    """Return `card.generated`, its GitHub artifact lying in the store."""
    key = f"runs/{run_id}/pull_github_data.json"
    document = {"id": github_id, "login": login, "name": "Pip", "followers": 3} | facts
    await resources.objects.put(key, json.dumps(document).encode(), "application/json")
    lost = Degradation(stage="pull_github_data", reason="The organisations were kept.")
    return CardGenerated(
        run_id=run_id,
        login=login,
        github_id=github_id,
        artifacts={"pull_github_data": key},
        traits=TRAITS,
        avatar=avatar,
        degradations=(lost,) if degraded else (),
    )


async def captured(resources: Resources, run_id: UUID, kind: str) -> AssetCaptured:
    """Return `asset.captured`, the picture lying in the store."""
    key = f"runs/{run_id}/captures/{kind}-0123456789ab.png"
    await resources.objects.put(key, b"png of " + kind.encode(), "image/png")
    return AssetCaptured(
        run_id=run_id,
        login="pip",
        kind=kind,
        object_key=key,
        sha256="0123456789ab" + "0" * 52,
        bytes=10,
        width=4,
        height=2,
        mime="image/png",
        duration_ms=5,
    )


def recorded(run_id: UUID, kind: str, sha: str = "aaaaaaaaaaaa") -> AssetRecorded:
    """Return `asset.recorded` with two renditions."""
    folder = "avatars" if kind == "avatar" else "generated/pip"
    renditions = tuple(
        Rendition(
            format=form,
            object_key=f"{folder}/{kind}-{sha}.{form}",
            bytes=5,
            sha256=sha,
            width=4,
            height=2,
            mime=f"image/{form}",
        )
        for form in ("png", "webp")
    )
    return AssetRecorded(
        run_id=run_id,
        login="pip",
        kind=kind,
        provider="vips",
        renditions=renditions,
        bytes_before=10,
        engine="vips",
    )


def failed(run_id: UUID, kind: str, stage: str = "capture") -> AssetFailed:
    """Return `asset.failed`."""
    return AssetFailed.model_validate(
        {
            "run_id": run_id,
            "login": "pip",
            "kind": kind,
            "stage": stage,
            "code": "chromium_failed",
            "message": "five times",
            "attempts": 5,
        }
    )
