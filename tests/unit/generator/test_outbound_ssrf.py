"""The door to the outside: no address given by others leads inside."""

from collections.abc import Sequence

import pytest

from techub_generator.addresses import is_public
from techub_generator.outbound import Limits, Outbound, Unfetched

LIMITS = Limits(size=1_000, seconds=2)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:a9fe:a9fe",
        "64:ff9b::808:808",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "localhost",
        "0x7f.1",
        "127.1",
        "2130706433",
        "",
    ],
)
def test_ssrf_inside(address: str) -> None:
    """Nothing but global unicast is public, in whatever clothes it comes."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "140.82.112.3", "2606:4700::1111", "2a00::1"])
def test_ssrf_public(address: str) -> None:
    """The public Internet is public."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "places"),
    [
        ("http://avatars.test/a.png", ["8.8.8.8"]),
        ("https://avatars.test:8443/a.png", ["8.8.8.8"]),
        ("https://avatars.test:0/a.png", ["8.8.8.8"]),
        ("ftp://avatars.test/a.png", ["8.8.8.8"]),
        ("file:///etc/passwd", ["8.8.8.8"]),
        ("https://good.test@evil.test/", ["8.8.8.8"]),
        ("https:///a.png", ["8.8.8.8"]),
        ("//avatars.test/a.png", ["8.8.8.8"]),
        ("not an address", ["8.8.8.8"]),
        ("https://[::1/", ["8.8.8.8"]),
        ("https://avatars.test/", ["127.0.0.1"]),
        ("https://avatars.test/", ["8.8.8.8", "10.0.0.1"]),
        ("https://avatars.test/", ["::ffff:10.0.0.1"]),
        ("https://169.254.169.254/latest/meta-data", ["169.254.169.254"]),
        ("https://0x7f000001/", ["127.0.0.1"]),
        ("https://127。0。0。1/", ["127.0.0.1"]),
        ("https://avatars.test/", []),
    ],
)
async def test_ssrf_refused_before_connecting(url: str, places: Sequence[str]) -> None:
    """What is not https to a public place is refused; here every connection would be an error."""

    async def resolve(_: str, __: int) -> Sequence[str]:
        return places

    with pytest.raises(Unfetched):
        await Outbound(resolve=resolve).fetch(url, LIMITS)


async def test_ssrf_allowed_place_is_exact() -> None:
    """Only the very host and port that are listed are let through."""

    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    door = Outbound(frozenset({"127.0.0.1:4000"}), resolve)
    for url in ("http://127.0.0.1:4001/", "http://localhost:4000/", "https://127.0.0.1/"):
        with pytest.raises(Unfetched):
            await door.fetch(url, LIMITS)
