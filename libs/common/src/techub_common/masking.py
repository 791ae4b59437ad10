"""Free text that looks like an address or a secret is masked before it travels.

Strangers write the text, and it may be long: whatever begins a match is looked at once. Addresses
and tokens begin where a run of their letters begins, not anew at every boundary within it.
"""

import re
from typing import Final

_DOMAIN: Final = r"[\w-]+(?:\.[\w-]+)+"
_ADDRESS: Final = re.compile(rf"(?<![\w.+-])[\w.+-]+@{_DOMAIN}(?:[\w.+-]*@{_DOMAIN})*")
_TOKEN: Final = re.compile(  # a JWT, with what is written right before it
    r"(?<![\w-])(?=[\w-]+\.[\w-]{10,}\.[\w-]{10})[\w-]*?\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+"
)
_KEY: Final = re.compile(
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|AIza[\w-]{30,}|re_\w{16,}|AKIA[A-Z0-9]{16}"
    r"|sk-[\w-]{20,}|xox[abpr]-[\w-]{10,})"
)


def mask(text: str) -> str:
    """Return the text with e-mail addresses and well-known key shapes replaced by a mark.

    It takes time in proportion to the text, whatever that says.
    """
    text = _TOKEN.sub("[secret]", text)
    return _KEY.sub("[secret]", _ADDRESS.sub("[address]", text))
