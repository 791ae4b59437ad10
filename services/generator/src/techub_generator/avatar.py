"""Fetches the account's picture and hands it to the optimizer; it never fails the run."""

import hashlib
import time
from typing import Final
from uuid import UUID

from techub_common.events import AVATAR, AssetCaptured, AvatarState
from techub_generator.outbound import Limits, Outbound, Unfetched
from techub_generator.pictures import seen
from techub_generator.profile import Fact, GitHubProfile
from techub_generator.stages import Done, Run

LIMITS: Final = Limits(size=2_000_000, seconds=5.0)


class Avatar(Fact):
    """The JSON of `runs/<run_id>/download_github_avatar.json`."""

    state: AvatarState
    reason: str | None = None
    object_key: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    mime: str | None = None
    duration_ms: int = 0


async def download(run: Run, outbound: Outbound, profile: GitHubProfile) -> Done[Avatar]:
    """Keep the picture where the optimizer finds it; say why when there is none."""
    started = time.monotonic()
    if profile.avatar_url is None:
        return _absent("GitHub names no picture for this account.")
    try:
        content = (await outbound.fetch(profile.avatar_url, LIMITS)).content
    except Unfetched as error:
        if error.gone:
            return _absent("GitHub has no picture of this account.")
        return _failed(str(error))
    picture = seen(content)
    if picture is None:
        return _failed("it is not a PNG, JPEG, GIF or WebP picture")
    if picture.too_large:
        return _failed(f"it measures {picture.width} by {picture.height} pixels")
    digest = hashlib.sha256(content).hexdigest()
    key = _key(run.event.run_id, digest, picture.extension)
    await run.store.put(key, content, picture.mime)
    avatar = Avatar(
        state=AvatarState.sent,
        object_key=key,
        sha256=digest,
        bytes=len(content),
        width=picture.width,
        height=picture.height,
        mime=picture.mime,
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    size = f"{picture.width} by {picture.height}"
    return Done(avatar, f"Avatar fetched, {size} pixels.")


def captured(run: Run, avatar: Avatar) -> AssetCaptured:
    """Return the fact that the avatar waits for the optimizer; the same one on every attempt."""
    return AssetCaptured.model_validate(
        avatar.model_dump(exclude={"state", "reason"})
        | {"run_id": run.event.run_id, "login": run.event.login, "kind": AVATAR}
    )


def _key(run_id: UUID, digest: str, extension: str) -> str:
    return f"runs/{run_id}/captures/{AVATAR}-{digest[:12]}.{extension}"


def _absent(message: str) -> Done[Avatar]:
    return Done(Avatar(state=AvatarState.absent, reason=message), message)


def _failed(reason: str) -> Done[Avatar]:
    lost = f"The avatar could not be used: {reason}."
    return Done(Avatar(state=AvatarState.failed, reason=lost), lost, lost=lost)
