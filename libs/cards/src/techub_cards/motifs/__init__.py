"""Twelve patterns, one behind every spirit animal."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from techub_cards.dice import Dice
from techub_cards.motifs.hides import plumage, rings, scales, spines, stripes
from techub_cards.motifs.lands import canopy, contours, dunes, night, waves
from techub_cards.motifs.toys import confetti, web
from techub_cards.shapes import Shape

Motif = Callable[[Dice, float, float], Iterator[Shape]]
"""Draws a pattern over a plane of that width and height."""

MOTIFS: Final[Mapping[str, Motif]] = MappingProxyType(
    {
        "Bandicoot": contours,
        "Bilby": night,
        "Blue-ringed Octopus": rings,
        "Box Jellyfish": rings,
        "Cassowary": plumage,
        "Cockatoo": plumage,
        "Danger Noodle": scales,
        "Dingo": dunes,
        "Echidna": spines,
        "Emu": plumage,
        "Flying Fox": night,
        "Frilled-neck Lizard": spines,
        "Funnel-web Spider": web,
        "Goanna": contours,
        "Great White Shark": waves,
        "Kangaroo": dunes,
        "Koala": canopy,
        "Kookaburra": canopy,
        "Loftbubu": confetti,
        "Magpie": plumage,
        "Platypus": waves,
        "Possum": canopy,
        "Quokka": confetti,
        "Redback Spider": web,
        "Saltwater Crocodile": scales,
        "Stonefish": spines,
        "Sugar Glider": night,
        "Taipan": scales,
        "Tasmanian Devil": stripes,
        "Tiger Snake": stripes,
        "Wallaby": dunes,
        "Wedge-tailed Eagle": plumage,
        "Wombat": contours,
    }
)


def motif_of(spirit_animal: str) -> Motif:
    """Return the animal's pattern; a stranger to the catalogue gets contours."""
    return MOTIFS.get(spirit_animal, contours)
