"""How an operator says since when: as everywhere."""

from techub_common.since import moment

__all__ = ("moment",)
