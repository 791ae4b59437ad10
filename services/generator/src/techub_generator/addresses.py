"""Which network addresses belong to the public Internet, and which to somebody's inside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

# Public by the book, but roads to somewhere else: 6to4 relays, and the IETF's own assignments.
_NOT_V4: Final = (IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))

# Global unicast is 2000::/3; inside it, these carry v4 addresses or are for examples.
_UNICAST_V6: Final = IPv6Network("2000::/3")
_NOT_V6: Final = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)


def is_public(text: str) -> bool:
    """Return whether the address is global unicast; v4 in v6 clothes never is."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _public_v4(address) if isinstance(address, IPv4Address) else _public_v6(address)


def _public_v4(address: IPv4Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_V4)
    )


def _public_v6(address: IPv6Address) -> bool:
    return (
        address in _UNICAST_V6
        and address.is_global
        and address.scope_id is None
        and not any(address in network for network in _NOT_V6)
    )
