"""The door for pictures from outside: a process of its own opens them, and may die of them."""

from techub_optimizer.door.keeper import Door, open_door
from techub_optimizer.images.strangers import Admitted, Shape

__all__ = ("Admitted", "Door", "Shape", "open_door")
