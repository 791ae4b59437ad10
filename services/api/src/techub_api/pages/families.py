"""The colours of an archetype, the same on a page as on the card."""

from techub_cards.palettes import FAMILIES


def family_name(archetype: str) -> str:
    """Return what the styles call an archetype: `The Sage` is `sage`."""
    return archetype.removeprefix("The ").lower().replace(" ", "-")


def family_css() -> str:
    """Return one rule per archetype that sets the two hues and how strong they are."""
    return "".join(
        f'[data-family="{family_name(archetype)}"]'
        f"{{--hue:{family.hue:g};--second:{family.second:g};--strength:{family.strength:g}}}\n"
        for archetype, family in FAMILIES.items()
    )
