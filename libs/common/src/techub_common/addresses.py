"""What an e-mail address may look like before it may enter a header."""

import re
from typing import Final

from techub_common.links import address_hash as fingerprint

__all__ = ("fingerprint", "is_mailbox", "is_sendable")

LONGEST: Final = 254

# ASCII only: what looks like another letter, turns the reading direction or breaks the line is out.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_MAILBOX = re.compile(r"(?:[^<>@\",;:\\\x00-\x1f\x7f]+ <(?P<named>[^<>]+)>|(?P<bare>[^<> ]+))")


def is_sendable(address: str) -> bool:
    """Return whether a mail can go to the address as it is written."""
    local = address.partition("@")[0]
    return len(address) <= LONGEST and len(local) <= 64 and bool(_ADDRESS.fullmatch(address))  # noqa: PLR2004  # RFC 5321


def is_mailbox(text: str) -> bool:
    """Return whether the text is one sender: `Name <address>` or an address."""
    found = _MAILBOX.fullmatch(text)
    return found is not None and is_sendable(found["named"] or found["bare"])
