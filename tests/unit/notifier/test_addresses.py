"""What may stand in a header."""

import pytest

from techub_common.addresses import fingerprint, is_mailbox, is_sendable
from techub_notifier.plain import plain


@pytest.mark.parametrize(
    "address", ["ada@example.com", "a.b+tag@mail.example.co.uk", "o'neil_1@x-y.io"]
)
def test_sendable(address: str) -> None:
    """Ordinary addresses can be sent to."""
    assert is_sendable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@localhost",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com\r\n",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        "a da@example.com",
        "ada..b@example.com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.c",
        "\u0430da@example.com",
        "ada\u202e@example.com",
        "ada@example.com\x00",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.com",
    ],
)
def test_not_sendable(address: str) -> None:
    """Lists, names, line breaks, look-alike letters and what is no address are not sent to."""
    assert not is_sendable(address)


@pytest.mark.parametrize(
    "sender", ["TecHub <notifications@techub.life>", "notifications@techub.life"]
)
def test_mailbox(sender: str) -> None:
    """A sender is an address, with a name before it or without."""
    assert is_mailbox(sender)


@pytest.mark.parametrize(
    "sender", ["TecHub", "TecHub <>", "A\nB <a@example.com>", "A, B <a@example.com>", "<a@b.co> x"]
)
def test_no_mailbox(sender: str) -> None:
    """Anything that could be read as more than one sender is none."""
    assert not is_mailbox(sender)


def test_fingerprint() -> None:
    """One address has one fingerprint however it is spelled, and does not show in it."""
    assert fingerprint("Ada@Example.com") == fingerprint("ada@example.com")
    assert "ada" not in fingerprint("ada@example.com")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\u2028b\u202ec\x00d", "a bcd"),
        ("  much   room ", "much room"),
        ("abcdefghijkl", "abcdefghi…"),
        ("Zoë 🚀", "Zoë 🚀"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    """Free text becomes one visible line of bounded length."""
    assert expected == plain(text, 10)
