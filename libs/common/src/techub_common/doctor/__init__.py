"""Every replica tests what it depends on when it is asked, and says what to do about it."""

from techub_common.doctor.checking import (
    ANSWERS,
    Check,
    Finding,
    Report,
    Seen,
    State,
    examine,
    ill,
    poor,
    well,
    worst,
)

__all__ = (
    "ANSWERS",
    "Check",
    "Finding",
    "Report",
    "Seen",
    "State",
    "examine",
    "ill",
    "poor",
    "well",
    "worst",
)
