"""Shows a card's page in a frame: sealed as for its picture, fitted by the one script we know."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from fastapi.responses import HTMLResponse

from techub_cards.fit import SCRIPT

POLICY: Final = (
    "sandbox allow-scripts; default-src 'none'; "
    f"script-src 'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:"
)
"""Only the fitting script runs, known by its hash, in an origin of its own; nothing is fetched."""


def framed(html: str, cache: str) -> HTMLResponse:
    """Answer the page with the fitting script at its end; no other script can run in it."""
    head, end, tail = html.rpartition("</body>")
    page = f"{head}<script>{SCRIPT}</script>{end}{tail}"
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Cache-Control": cache})
