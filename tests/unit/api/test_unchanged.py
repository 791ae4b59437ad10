"""A picture is taken again when something on it has changed, and only then."""

import pytest

from techub_api.runs.unchanged import unchanged, view_hash

VIEW = "runs/6f1d6d6e/view-0123456789ab.json"
MADE_OF = view_hash(VIEW, "avatars/a.png", "v1")


def test_another_run_of_the_same_view() -> None:
    """What counts is what the view says, not which run it was stored for."""
    assert view_hash("runs/another/view-0123456789ab.json", "avatars/a.png", "v1") == MADE_OF


@pytest.mark.parametrize(
    ("view", "avatar", "version"),
    [
        ("runs/6f1d6d6e/view-ba9876543210.json", "avatars/a.png", "v1"),
        (VIEW, "avatars/b.png", "v1"),
        (VIEW, None, "v1"),
        (VIEW, "avatars/a.png", "v2"),
    ],
)
def test_something_changed(view: str, avatar: str | None, version: str) -> None:
    """Another card, another avatar or none, other templates: another picture."""
    assert view_hash(view, avatar, version) != MADE_OF


def test_kept() -> None:
    """Pictures made of the same are kept; missing, older and unknown ones are not."""
    current = {"og": MADE_OF, "card": "older", "simple": None, "banner": MADE_OF}

    kept = unchanged(["og", "card", "simple", "tcg"], current, MADE_OF, force=False)

    assert kept == {"og"}


def test_forced() -> None:
    """By force nothing is kept."""
    assert unchanged(["og"], {"og": MADE_OF}, MADE_OF, force=True) == frozenset()
