"""Where a public object is found."""

from urllib.parse import quote


def public_url(app_host: str, key: str) -> str:
    """Return the address of a public object."""
    return f"{app_host}/{quote(key)}"
