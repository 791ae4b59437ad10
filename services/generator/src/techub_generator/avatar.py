"""Fetches the account's picture and hands it to the optimizer; it never fails the run."""

import hashlib
import time
from typing import Final
from uuid import UUID

from techub_common.events import AVATAR, AssetCaptured, AvatarState
from techub_generator.outbound import Limits, Outbound, Unfetched
from techub_generator.pictures import Picture, seen
from techub_generator.profile import Fact, GitHubProfile
from techub_generator.stages import Done, Run

LIMITS: Final = Limits(size=2_000_000, seconds=5.0)
LONGEST_EDGE: Final = 4096


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


async def download(run: Run, outbound: Outbound, profile: GitHubProfile) -> Done[Avatar]:
    """Keep the picture and tell the optimizer at once; say why when there is none."""
    started = time.monotonic()
    if profile.avatar_url is None:
        return _absent("GitHub names no picture for this account.")
    try:
        content = await outbound.fetch(profile.avatar_url, LIMITS)
    except Unfetched as error:
        if error.gone:
            return _absent("GitHub has no picture of this account.")
        return _failed(str(error))
    picture = seen(content)
    if picture is None:
        return _failed("it is not a PNG, JPEG, GIF or WebP picture")
    if max(picture.width, picture.height) > LONGEST_EDGE:
        return _failed(f"it measures {picture.width} by {picture.height} pixels")
    captured = _captured(run, content, picture, round((time.monotonic() - started) * 1000))
    await run.store.put(captured.object_key, content, picture.mime)
    await run.tell(captured)
    described = captured.model_dump(exclude={"run_id", "login", "kind", "duration_ms"})
    size = f"{picture.width} by {picture.height}"
    return Done(Avatar(state=AvatarState.sent, **described), f"Avatar fetched, {size} pixels.")


def _captured(run: Run, content: bytes, picture: Picture, duration_ms: int) -> AssetCaptured:
    digest = hashlib.sha256(content).hexdigest()
    return AssetCaptured(
        run_id=run.event.run_id,
        login=run.event.login,
        kind=AVATAR,
        object_key=_key(run.event.run_id, digest, picture.extension),
        sha256=digest,
        bytes=len(content),
        width=picture.width,
        height=picture.height,
        mime=picture.mime,
        duration_ms=duration_ms,
    )


def _key(run_id: UUID, digest: str, extension: str) -> str:
    return f"runs/{run_id}/captures/{AVATAR}-{digest[:12]}.{extension}"


def _absent(message: str) -> Done[Avatar]:
    return Done(Avatar(state=AvatarState.absent, reason=message), message)


def _failed(reason: str) -> Done[Avatar]:
    lost = f"The avatar could not be used: {reason}."
    return Done(Avatar(state=AvatarState.failed, reason=lost), lost, lost=lost)
