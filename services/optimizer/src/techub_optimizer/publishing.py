"""What is put into the public part of the store, and what is said about it."""

import asyncio
import hashlib
import json

from techub_common.events import AVATAR, AssetCaptured, Degradation, Rendition
from techub_common.storage import ObjectStore
from techub_optimizer.door import Admitted
from techub_optimizer.engines import Made
from techub_optimizer.formats import MIMES, Format, avatar_key, meta_key, picture_key, size_of


async def publish_picture(
    objects: ObjectStore, event: AssetCaptured, made: Made
) -> tuple[Rendition, ...]:
    """Return the picture's files, all in the store, with a note of what they are made of."""
    renditions = tuple(_picture(event, form, content) for form, content in made.files.items())
    await asyncio.gather(
        *(
            objects.put(rendition.object_key, content, rendition.mime)
            for rendition, content in zip(renditions, made.files.values(), strict=True)
        )
    )
    await objects.put(
        meta_key(event.login, event.kind, event.sha256),
        origin_of(event, made, renditions),
        "application/json",
    )
    return renditions


async def publish_admitted(
    objects: ObjectStore, event: AssetCaptured, admitted: Admitted
) -> tuple[Rendition, ...]:
    """Return the one file a picture from outside became, which is in the store."""
    sha256 = hashlib.sha256(admitted.content).hexdigest()
    if event.kind == AVATAR:
        key = avatar_key(sha256, admitted.form)
    else:
        key = picture_key(event.login, event.kind, sha256, admitted.form)
    await objects.put(key, admitted.content, MIMES[admitted.form])
    return (
        Rendition(
            format=admitted.form,
            object_key=key,
            bytes=len(admitted.content),
            sha256=sha256,
            width=admitted.width,
            height=admitted.height,
            mime=MIMES[admitted.form],
        ),
    )


def origin_of(event: AssetCaptured, made: Made, renditions: tuple[Rendition, ...]) -> bytes:
    """Return the note that says what the picture was made from; the same capture, the same note."""
    note = {
        "kind": event.kind,
        "login": event.login,
        "run_id": str(event.run_id),
        "capture": {"sha256": event.sha256, "bytes": event.bytes},
        "size": {"width": event.width, "height": event.height},
        "engine": made.engine,
        "renditions": [
            rendition.model_dump(include={"format", "object_key", "bytes", "sha256"})
            for rendition in renditions
        ],
    }
    return json.dumps(note, ensure_ascii=False, indent=1).encode()


def losses(kind: str, made: Made) -> tuple[Degradation, ...]:
    """Return what was lost: nothing when any engine made the files."""
    if made.optimised:
        return ()
    reason = f"The picture {kind} is published as it was captured, not optimised"
    return (Degradation(stage=f"optimize:{kind}", reason=reason),)


def _picture(event: AssetCaptured, form: Format, content: bytes) -> Rendition:
    sha256 = hashlib.sha256(content).hexdigest()
    width, height = size_of(form, event.width, event.height)
    return Rendition(
        format=form,
        object_key=picture_key(event.login, event.kind, sha256, form),
        bytes=len(content),
        sha256=sha256,
        width=width,
        height=height,
        mime=MIMES[form],
    )
