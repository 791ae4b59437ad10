"""What each finished stage left behind: one private object per run and stage."""

import json
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from techub_common.errors import Permanent
from techub_common.events import StageRecorded
from techub_common.storage import ObjectStore

RECORDED: Final = "recorded"

M = TypeVar("M", bound=BaseModel)


def artifact_key(run_id: object, stage: str) -> str:
    """Return where the stage's result of this run is kept."""
    return f"runs/{run_id}/{stage}.json"


async def keep(store: ObjectStore, key: str, result: BaseModel, line: StageRecorded) -> None:
    """Store the result together with the line that tells of it."""
    document = result.model_dump(mode="json") | {RECORDED: line.model_dump(mode="json")}
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    await store.put(key, content, "application/json")


async def kept(store: ObjectStore, key: str, shape: type[M]) -> tuple[M, StageRecorded] | None:
    """Return a stage's result and its line; None when there is none that can be understood."""
    content = await _content(store, key)
    if content is None:
        return None
    try:
        document = json.loads(content)
        line = StageRecorded.model_validate(document[RECORDED])
        return shape.model_validate(document), line
    except (ValueError, KeyError, TypeError):
        return None


async def known(store: ObjectStore, key: str | None, shape: type[M]) -> M | None:
    """Return what an earlier run left under the key; None when that cannot be had any more."""
    content = await _content(store, key) if key else None
    if content is None:
        return None
    try:
        return shape.model_validate_json(content)
    except ValidationError:
        return None


async def _content(store: ObjectStore, key: str) -> bytes | None:
    try:
        return await store.get(key)
    except Permanent as error:
        if error.code != "object_missing":
            raise
        return None
