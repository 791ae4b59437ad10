"""Where a public object is found."""

from urllib.parse import quote

from techub_api.settings import Settings


def public_url(settings: Settings, key: str) -> str:
    """Return the address of a public object: in the store where that is public, else here."""
    return f"{settings.public_base_url or settings.app_host}/{quote(key)}"
