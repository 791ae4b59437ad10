"""Small contracts of the plumbing."""

from pathlib import Path

import pytest

from techub_common.errors import Away, Permanent
from techub_common.logins import same_login, valid_login
from techub_common.masking import mask
from techub_common.storage import FolderStore, is_public


@pytest.mark.parametrize("text", ["torvalds", " @torvalds ", "a", "a-b", "x" * 39, "dev_acme"])
def test_logins(text: str) -> None:
    """Logins people type are understood."""
    assert valid_login(text) == text.strip().removeprefix("@")


@pytest.mark.parametrize(
    "text", ["", "@", "-a", "a b", "a/b", "../x", "x" * 40, "é", "a\n", "a\x00", "<script>"]
)
def test_no_logins(text: str) -> None:
    """Anything else is refused with a code."""
    with pytest.raises(Permanent) as raised:
        valid_login(text + "!" if text == "a\n" else text)

    assert raised.value.code == "invalid_login"


def test_logins_are_compared_lower_case() -> None:
    """GitHub's logins ignore case."""
    assert same_login("Torvalds", "torvalds")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to me@example.com!", "write to [address]!"),
        ("key ghp_" + "a" * 36, "key [secret]"),
        ("AIza" + "b" * 35, "[secret]"),
        ("re_" + "c" * 24, "[secret]"),
        ("I like @decorators and a@b", "I like @decorators and a@b"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    """Addresses and keys do not travel."""
    assert mask(text) == masked


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../b", "./a"])
def test_no_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    """A key cannot name a file outside the store."""
    with pytest.raises(Permanent):
        FolderStore(tmp_path).path_of(key)


async def test_folder_store_round_trip(tmp_path: Path) -> None:
    """What was put can be read, copied and is found; nothing half-written is left."""
    store = FolderStore(tmp_path)

    await store.put("runs/a/x.bin", b"abc", "application/octet-stream")
    await store.copy("runs/a/x.bin", "generated/x.bin", "application/octet-stream")

    assert await store.get("generated/x.bin") == b"abc"
    assert await store.exists("runs/a/x.bin")
    assert not await store.exists("runs/a")
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["x.bin", "x.bin"]


async def test_missing_object_is_permanent(tmp_path: Path) -> None:
    """A key that holds nothing will hold nothing the next time either."""
    with pytest.raises(Permanent, match="not in the store"):
        await FolderStore(tmp_path).get("runs/none")


async def test_missing_folder_is_away(tmp_path: Path) -> None:
    """A store that is not mounted is waited for; it is not an empty store."""
    store = FolderStore(tmp_path / "unmounted")

    with pytest.raises(Away):
        await store.get("runs/none")
    with pytest.raises(Away):
        await store.put("runs/none", b"", "text/plain")


@pytest.mark.parametrize(
    ("key", "public"),
    [
        ("generated/pip/og.png", True),
        ("avatars/x.png", True),
        ("runs/x/view.json", False),
        ("generatedx", False),
    ],
)
def test_only_two_prefixes_are_public(key: str, public: bool) -> None:
    """Run artifacts and captures are private."""
    assert is_public(key) is public
