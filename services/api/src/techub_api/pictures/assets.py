"""Every current file of a profile, with who made it and what was saved."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pictures.addresses import public_url
from techub_api.pictures.origins import Origin
from techub_api.profiles.tables import Picture, Profile
from techub_api.runs.tables import RunPicture, Step
from techub_api.settings import Settings
from techub_common.events import AVATAR


class AssetShown(BaseModel):
    """One public file; `savings_percent` compares it with what it was made of."""

    kind: str
    format: str
    url: str
    bytes: int
    width: int
    height: int
    mime: str
    provider: str | None
    engine: str | None
    bytes_before: int | None
    savings_percent: float | None
    published_at: datetime | None


class AssetsShown(BaseModel):
    """A profile's files: its pictures in every format, and its avatar."""

    login: str
    assets: list[AssetShown]


async def show_assets(session: AsyncSession, login: str, settings: Settings) -> AssetsShown | None:
    """Return what is public of a profile, in three reads; None for an unknown login."""
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    if profile is None:
        return None
    made = and_(Step.run_id == Picture.run_id, Step.name == "optimize:" + Picture.variant)
    rows = await session.execute(
        select(Picture, Step.detail)
        .outerjoin(Step, made)
        .where(Picture.profile_id == profile.id)
        .order_by(Picture.variant, Picture.format)
    )
    shown = [_picture(picture, detail, settings) for picture, detail in rows]
    if profile.avatar_key:
        shown.append(await _avatar(session, profile.avatar_key, settings))
    return AssetsShown(login=profile.display_login, assets=shown)


def _picture(picture: Picture, detail: dict[str, object] | None, settings: Settings) -> AssetShown:
    origin = Origin.model_validate(detail or {})
    return AssetShown(
        kind=picture.variant,
        format=picture.format,
        url=public_url(settings, picture.object_key),
        bytes=picture.bytes,
        width=picture.width,
        height=picture.height,
        mime=picture.mime,
        provider=origin.provider,
        engine=origin.engine,
        bytes_before=origin.bytes_before,
        savings_percent=origin.savings_percent(picture.bytes),
        published_at=picture.published_at,
    )


async def _avatar(session: AsyncSession, key: str, settings: Settings) -> AssetShown:
    same = and_(Step.run_id == RunPicture.run_id, Step.name == f"optimize:{AVATAR}")
    found = (
        await session.execute(
            select(Step.detail, Step.finished_at)
            .join(RunPicture, same)
            .where(RunPicture.kind == AVATAR, RunPicture.object_key == key)
            .order_by(Step.position.desc())
            .limit(1)
        )
    ).first()
    origin = Origin.model_validate(found.detail if found else {})
    return AssetShown(
        kind=AVATAR,
        format=key.rpartition(".")[2].replace("jpg", "jpeg"),
        url=public_url(settings, key),
        bytes=origin.bytes,
        width=origin.width,
        height=origin.height,
        mime=origin.mime,
        provider=origin.provider,
        engine=origin.engine,
        bytes_before=origin.bytes_before,
        savings_percent=origin.savings_percent(origin.bytes),
        published_at=found.finished_at if found else None,
    )
