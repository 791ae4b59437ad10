"""The picture behind the words, drawn from the login: the same person always gets the same art."""

from math import cos, gcd, sin

from techub_cards.card import Card
from techub_cards.dice import Dice
from techub_cards.motifs import motif_of
from techub_cards.shapes import TURN, Shape, smooth

POINTS_PER_PETAL = 8


def art_shapes(card: Card, width: float, height: float) -> list[Shape]:
    """Return the card's art for a plane of that size, in units of the styles."""
    dice = Dice("art", card.login, card.spirit_animal)
    return [shape for shape in motif_of(card.spirit_animal)(dice, width, height) if shape.path]


def rosette(card: Card) -> str:
    """Return the person's guilloche, as engraved on bank notes, in a square from -50 to 50."""
    dice = Dice("rosette", card.login)
    turns = dice.pick((7, 9, 11, 13))
    petals = next(count for count in range(dice.count(32, 50), 60) if gcd(count, turns) == 1)
    depth, twist = dice.between(0.2, 0.3), dice.between(0, 0.5)
    points = []
    for index in range(petals * POINTS_PER_PETAL):
        share = index / (petals * POINTS_PER_PETAL)
        wave = cos(TURN * petals * share)
        angle = TURN * turns * share + twist * depth * sin(TURN * petals * share)
        radius = 50 / (1 + depth) * (1 + depth * wave)
        points.append((radius * cos(angle), radius * sin(angle)))
    return smooth(points)
