"""Where a public object is found."""

from urllib.parse import quote

from techub_api.settings import Settings


def public_url(settings: Settings, key: str) -> str:
    """Return the address of a public object: in the store where that is public, else here."""
    return f"{settings.public_base_url or settings.app_host}/{quote(key)}"


def elsewhere(settings: Settings, key: str) -> str | None:
    """Return the address of a public object in the store or its CDN; None when it is here.

    It is made of the configured address and the key alone, so nobody is led anywhere else.
    """
    base = settings.public_base_url
    return (
        None if base is None or base == settings.app_host.rstrip("/") else public_url(settings, key)
    )
