"""How an operator says since when: `10m`, `1h30m`, `2d`, or an ISO time."""

import re
from datetime import datetime, timedelta
from typing import Final

_AGO: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def moment(text: str, now: datetime) -> datetime:
    """Return the moment meant, with its zone (the local one when none is given); raise ValueError.

    `now` has a zone.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago and ago.lastindex:
        days, hours, minutes, seconds = (int(part or 0) for part in ago.groups())
        try:
            return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            message = f"{text!r} is longer ago than there is time"
            raise ValueError(message) from None
    try:
        meant = datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        message = f"{text!r} is neither like 10m, 1h30m, 2d nor an ISO time"
        raise ValueError(message) from None
    if meant > now:
        message = f"{text!r} has not come yet"
        raise ValueError(message)
    return meant
