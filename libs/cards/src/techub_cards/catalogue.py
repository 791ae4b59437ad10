"""The closed lists a card chooses from; emblems, palettes and motifs are keyed by these names."""

from typing import Final

ARCHETYPES: Final = (
    "The Innocent",
    "The Everyman",
    "The Hero",
    "The Outlaw",
    "The Explorer",
    "The Creator",
    "The Ruler",
    "The Magician",
    "The Lover",
    "The Caregiver",
    "The Jester",
    "The Sage",
)

SPIRIT_ANIMALS: Final = (
    "Danger Noodle",
    "Wedge-tailed Eagle",
    "Platypus",
    "Kangaroo",
    "Dingo",
    "Saltwater Crocodile",
    "Redback Spider",
    "Cassowary",
    "Koala",
    "Quokka",
    "Great White Shark",
    "Tasmanian Devil",
    "Emu",
    "Frilled-neck Lizard",
    "Blue-ringed Octopus",
    "Echidna",
    "Sugar Glider",
    "Magpie",
    "Goanna",
    "Taipan",
    "Box Jellyfish",
    "Kookaburra",
    "Wallaby",
    "Bilby",
    "Bandicoot",
    "Wombat",
    "Tiger Snake",
    "Stonefish",
    "Funnel-web Spider",
    "Cockatoo",
    "Possum",
    "Flying Fox",
    "Loftbubu",
)

RANKS: Final = {
    "Ace": "A",
    "2": "2",
    "3": "3",
    "4": "4",
    "5": "5",
    "6": "6",
    "7": "7",
    "8": "8",
    "9": "9",
    "10": "10",
    "Jack": "J",
    "Queen": "Q",
    "King": "K",
}
"""Each rank of a playing card, with the index printed in the corner."""

SUITS: Final = ("♣", "♦", "♥", "♠")

PLAYING_CARDS: Final = tuple(f"{rank} of {suit}" for suit in SUITS for rank in RANKS)
