"""A run's files as operators get them over NATS: piece by piece, and nothing of anybody else's."""

import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest

from techub_api.operators.snapshots import PIECE, show_file, show_files
from techub_api.resources import Resources
from techub_common.asks import FileRequest, FilesRequest
from techub_common.errors import Permanent

from .conftest import start_run

LARGE = bytes(range(256)) * 4 * 1024  # three pieces


async def whole(resources: Resources, run_id: Any, name: str) -> bytes:
    """Return a file put together from its pieces."""
    content = b""
    while True:
        request = FileRequest(run_id=run_id, name=name, offset=len(content))
        answer = await show_file(request, resources)
        assert len(json.dumps(answer)) < 1 << 20  # what NATS carries
        content += base64.b64decode(answer["content"])
        if len(content) >= answer["bytes"]:
            assert hashlib.sha256(content).hexdigest() == answer["sha256"]
            return content


async def test_every_file_of_a_run(resources: Resources) -> None:
    """Documents and objects are listed with their sizes and come as they are."""
    run_id = await start_run(resources, "pip")
    key = f"runs/{run_id}/captures/og-0123456789ab.png"
    await resources.objects.put(key, LARGE, "image/png")
    await resources.objects.put(f"debug/{run_id}/og/page.html", b"<p>", "text/html")
    listed = await show_files(FilesRequest(login_or_run="pip"), resources)
    sizes = {file["name"]: file["bytes"] for file in listed["files"]}
    files = {name: await whole(resources, run_id, name) for name in sizes}

    assert listed["run_id"] == str(run_id)
    assert {"run.json", "steps.json", "pictures.json", "story.json", "told.json"} < sizes.keys()
    assert len(LARGE) > 2 * PIECE
    assert files[key] == LARGE
    assert files[f"debug/{run_id}/og/page.html"] == b"<p>"
    assert sizes == {name: len(content) for name, content in files.items()}
    assert json.loads(files["run.json"])["login"] == "pip"


@pytest.mark.parametrize(
    "name",
    [
        "runs/{other}/pull_github_data.json",
        "backups/techub.dump",
        "generated/hubot/og-0123456789ab.png",
        "runs/{own}/../{other}/pull_github_data.json",
        "nothing.json",
        "/etc/passwd",
        "",
    ],
)
async def test_nothing_else(resources: Resources, name: str) -> None:
    """No other run's object, no backup and no path is given out for a run."""
    own, other = await start_run(resources, "pip"), uuid4()
    for key in (f"runs/{other}/pull_github_data.json", "backups/techub.dump"):
        await resources.objects.put(key, b"secret", "application/json")
    asked = FileRequest(run_id=own, name=name.format(own=own, other=other))

    with pytest.raises(Permanent) as refused:
        await show_file(asked, resources)
    assert refused.value.code in {"file_missing", "bad_key"}


async def test_no_such_run(resources: Resources) -> None:
    """A run nobody knows has no files."""
    with pytest.raises(Permanent) as refused:
        await show_files(FilesRequest(login_or_run=str(uuid4())), resources)

    assert refused.value.code == "run_missing"
