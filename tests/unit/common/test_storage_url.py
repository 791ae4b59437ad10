"""What a STORAGE_URL may say."""

from pathlib import Path

import pytest

from techub_common.settings import SettingsError, StorageSettings, read
from techub_common.storage_url import Bucket, Folder, place_of


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("file:///srv/techub/objects", Folder(Path("/srv/techub/objects"))),
        ("file://localhost/srv/a%20b", Folder(Path("/srv/a b"))),
        ("s3://techub", Bucket("techub")),
        (
            "s3://techub?region=fra1&policy=keep&endpoint_url=https://x.test&public_base_url=https://y.test/",
            Bucket(
                "techub",
                "https://x.test",
                "fra1",
                "https://y.test",
                keeps_policy=True,
            ),
        ),
        (
            "s3://techub/?endpoint_url=http%3A%2F%2F127.0.0.1%3A9000",
            Bucket("techub", "http://127.0.0.1:9000"),
        ),
    ],
)
def test_places(url: str, place: Folder | Bucket) -> None:
    """A folder of this machine, or a bucket anywhere."""
    assert place_of(url) == place


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "file:///folder or s3://bucket"),
        ("/srv/objects", "file:///folder or s3://bucket"),
        ("file://srv/objects", "file:///folder or s3://bucket"),
        ("https://bucket.s3.example.org", "file:///folder or s3://bucket"),
        ("s3://ab", "3 characters"),
        ("s3://", "3 characters"),
        ("s3://Upper", "3 characters"),
        ("s3://techub/folder", "no folder"),
        ("s3://key:hunter2@techub", "must not hold credentials"),
        ("s3://techub?endpoint=http://x", "unknown option endpoint"),
        ("s3://techub?secret_key=hunter2", "unknown option secret_key"),
        ("s3://techub?endpoint_url=localhost:9000", "endpoint_url that is not"),
        ("s3://techub?endpoint_url=http://k:hunter2@x", "more than a host"),
        ("s3://techub?public_base_url=http://x/?hunter2", "more than a host"),
        ("s3://techub?policy=public", "policy other than keep"),
    ],
)
def test_no_places(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """Anything else ends the start with one line that names the setting and repeats no secret."""
    monkeypatch.setenv("STORAGE_URL", url or " ")

    with pytest.raises(SettingsError) as raised:
        read(StorageSettings)

    assert "STORAGE_URL" in str(raised.value)
    assert said.lower() in str(raised.value)
    assert "hunter2" not in str(raised.value)
