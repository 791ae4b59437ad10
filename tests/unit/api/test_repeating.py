"""What a retry repeats, and what becomes of a run that is open when another is asked for."""

from typing import Any

import pytest

from techub_api.runs.rules import GENERATOR_STAGES, Repeat, to_repeat
from techub_api.submissions.rules import Meeting, checked, meeting
from techub_common.events import Options

PULL, AVATAR, SEEN, ELIGIBILITY, SUBMITTED, SCRAPE, TRAITS, *DRAWN = GENERATOR_STAGES
PORTRAIT, *OTHERS = DRAWN
VARIANTS = ("og", "card", "simple")
FULL = Options()
OG = Options(variants=("og",))
RECIPE = Options(recipe="screenshot_refresh", variants=("og",))


@pytest.mark.parametrize(
    ("facts", "repeat"),
    [
        ({}, Repeat(kept=GENERATOR_STAGES)),
        (
            {"lost": {TRAITS}},
            Repeat(kept=(PULL, AVATAR, SEEN, ELIGIBILITY, SUBMITTED, SCRAPE, *DRAWN)),
        ),
        ({"lost": {PULL}}, Repeat()),
        ({"lost": {ELIGIBILITY}, "error_code": "not_eligible"}, Repeat()),
        ({"card_ready": True}, None),
        ({"card_ready": True, "pictures": {"og": True}}, None),
        (
            {"card_ready": True, "pictures": {"og": False, "card": True}},
            Repeat(variants=("og",)),
        ),
        (
            {"card_ready": True, "pictures": {"og": False}, "lost": {PULL}},
            Repeat(variants=("og",)),
        ),
        ({"card_ready": True, "pictures": {"og": False}, "steps": ["capture:card"]}, None),
        (
            {
                "card_ready": True,
                "pictures": {"og": False, "card": False},
                "steps": ["optimize:card"],
            },
            Repeat(variants=("card",)),
        ),
        (
            {"card_ready": True, "lost": {AVATAR}},
            Repeat(kept=(PULL, SEEN, ELIGIBILITY, SUBMITTED, SCRAPE, TRAITS, *DRAWN)),
        ),
        ({"card_ready": True, "lost": {AVATAR, PULL}}, Repeat()),
        ({"card_ready": True, "lost": {"optimize:avatar"}}, Repeat(kept=GENERATOR_STAGES)),
        (
            {"card_ready": True, "lost": {PORTRAIT}},
            Repeat(kept=(PULL, AVATAR, SEEN, ELIGIBILITY, SUBMITTED, SCRAPE, TRAITS, *OTHERS)),
        ),
        ({"card_ready": True, "lost": {"optimize:avatar_3x1"}}, Repeat(kept=GENERATOR_STAGES)),
        ({"card_ready": True, "lost": {AVATAR}, "steps": ["notify"]}, None),
        ({"card_ready": True, "lost": {"notify"}}, None),
    ],
)
def test_to_repeat(facts: dict[str, Any], repeat: Repeat | None) -> None:
    """Failed pictures first, then stages that lost something; finished stages are kept."""
    nothing: dict[str, Any] = {
        "card_ready": False,
        "error_code": None,
        "lost": set(),
        "pictures": {},
        "steps": [],
    }

    assert to_repeat(**nothing | facts) == repeat


@pytest.mark.parametrize(
    ("open_options", "options", "more", "becomes"),
    [
        (FULL, FULL, {}, Meeting.join),
        (FULL, RECIPE, {}, Meeting.join),
        (FULL, FULL, {"open_bulk": True}, Meeting.replace),
        (FULL, RECIPE, {"open_bulk": True}, Meeting.join),
        (FULL, FULL, {"bulk": True}, Meeting.join),
        (FULL, FULL, {"open_bulk": True, "bulk": True}, Meeting.join),
        (RECIPE, FULL, {}, Meeting.replace),
        (RECIPE, FULL, {"bulk": True}, Meeting.wait),
        (RECIPE, RECIPE, {}, Meeting.join),
        (RECIPE, OG, {}, Meeting.wait),
        (OG, OG, {"same_parent": False}, Meeting.wait),
        (OG, FULL, {"same_parent": False}, Meeting.replace),
    ],
)
def test_meeting(
    open_options: Options, options: Options, more: dict[str, bool], becomes: Meeting
) -> None:
    """More replaces less, less joins more, and a bulk run replaces nobody."""
    facts = {"open_bulk": False, "bulk": False, "same_parent": True} | more

    assert meeting(open_options=open_options, options=options, **facts) is becomes


def test_checked() -> None:
    """Variants come in the order they are taken in, each once; a recipe without any means all."""
    assert checked(Options(variants=("card", "og", "card")), VARIANTS).variants == ("og", "card")
    assert checked(Options(recipe="screenshot_refresh"), VARIANTS).variants == VARIANTS
    assert checked(FULL, VARIANTS) == FULL
