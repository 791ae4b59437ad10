"""What a GitHub login may look like, and how logins are compared."""

import re
from typing import Final

from techub_common.errors import Permanent

# Letters, digits and hyphens, at most 39; old accounts may end with or double a hyphen, and
# enterprise-managed ones carry an underscore before the short code.
_ONE: Final = "[A-Za-z0-9][A-Za-z0-9-]{0,38}(_[A-Za-z0-9]{1,8})?"
_LOGIN: Final = re.compile(_ONE)
PATTERN: Final = f"^{_ONE}$"
"""What a login looks like, for descriptions."""


def valid_login(text: str) -> str:
    """Return the login without a leading @ and outer blanks; raise Permanent `invalid_login`."""
    login = text.strip().removeprefix("@")
    if not _LOGIN.fullmatch(login):
        message = "That is not a GitHub login: letters, digits and hyphens, 39 at most."
        raise Permanent(message, code="invalid_login")
    return login


def is_login(text: str) -> bool:
    """Return whether `valid_login` would take it."""
    return _LOGIN.fullmatch(text.strip().removeprefix("@")) is not None


def same_login(one: str, other: str) -> bool:
    """Return whether two spellings name one account."""
    return one.lower() == other.lower()
