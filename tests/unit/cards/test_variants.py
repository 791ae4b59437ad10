"""The table of canvases is complete and answers by name."""

import pytest

from techub_cards.variants import VARIANTS, UnknownVariant, variant_named


def test_first_three() -> None:
    """The link preview comes first, then the full card, then the simple one."""
    assert list(VARIANTS)[:3] == ["og", "card", "simple"]


@pytest.mark.parametrize("name", VARIANTS)
def test_found_by_name(name: str) -> None:
    """Every variant is found under its own name and kept as a PNG at least."""
    variant = variant_named(name)

    assert variant.name == name
    assert "png" in variant.formats


def test_unknown() -> None:
    """Asking for a canvas nobody draws says which ones there are."""
    with pytest.raises(UnknownVariant, match="'mug', known are og, card, simple"):
        variant_named("mug")
