"""A run's snapshot for those who have no way to the store: its files by name, piece by piece.

A piece stays well below what NATS carries in one message. An object never changes under its key;
a document of an open run may, and then the digest that comes with each piece says so.
"""

import base64
import hashlib
from typing import Annotated, Any, Final
from uuid import UUID

from faststream import Context
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.objects.forgetting import folders_of
from techub_api.operators.naming import run_meant
from techub_api.profiles.tables import Picture
from techub_api.resources import Resources
from techub_api.runs.snapshot import collected
from techub_common.asks import FileRequest, FilesRequest
from techub_common.database import transaction
from techub_common.errors import Permanent

PIECE: Final = 384 * 1024

Opened = Annotated[Resources, Context("resources")]


async def show_files(request: FilesRequest, resources: Opened) -> dict[str, Any]:
    """Answer which files there are of a run: what the ledger keeps, its objects, its pictures."""
    async with transaction(resources.sessions) as session:
        run_id = await run_meant(session, request.login_or_run)
        pictures = await _pictures(session, run_id)
    documents = await _documents(resources, run_id)
    files = {name: len(content) for name, content in documents.items()} | pictures
    for folder in folders_of(run_id):
        async for entry in resources.objects.entries(folder):
            files[entry.key] = entry.size
    listed = [{"name": name, "bytes": size} for name, size in sorted(files.items())]
    return {"run_id": str(run_id), "files": listed}


async def show_file(request: FileRequest, resources: Opened) -> dict[str, Any]:
    """Answer a piece of a file and the digest of the whole; raise Permanent `file_missing`."""
    content = await _content(resources, request.run_id, request.name)
    piece = content[request.offset : request.offset + PIECE]
    return {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(piece).decode(),
    }


async def _content(resources: Resources, run_id: UUID, name: str) -> bytes:
    """Return a file of this run; nothing else in the store is given out."""
    if "/" not in name:
        documents = await _documents(resources, run_id)
        if name in documents:
            return documents[name]
    elif name.startswith(folders_of(run_id)):
        return await resources.objects.get(name)
    else:
        async with transaction(resources.sessions) as session:
            is_ours = name in await _pictures(session, run_id)
        if is_ours:
            return await resources.objects.get(name)
    message = f"the run {run_id} has no file {name[:200]!r}"
    raise Permanent(message, code="file_missing")


async def _documents(resources: Resources, run_id: UUID) -> dict[str, bytes]:
    """Return what the ledger keeps of a run; it comes before the run's objects."""
    documents = {}
    async for file in collected(resources, run_id):
        if "/" in file.name:
            break
        documents[file.name] = file.content
    return documents


async def _pictures(session: AsyncSession, run_id: UUID) -> dict[str, int]:
    """Return the public files of the run that are the profile's current ones, with their size."""
    made = select(Picture.object_key, Picture.bytes).where(Picture.run_id == run_id)
    return {row.object_key: row.bytes for row in await session.execute(made)}
