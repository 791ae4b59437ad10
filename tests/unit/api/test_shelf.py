"""What READMEs ask for: looked up once a second, read from the store once."""

import pytest

from techub_api.embeds.queries import Current
from techub_api.embeds.shelf import LARGEST, MOST_BYTES, Shelf

OLD = {"png": Current("generated/pip/og-1.png", "image/png", "1")}
NEW = {"png": Current("generated/pip/og-2.png", "image/png", "2")}


class Clock:
    """Goes on when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


class Looks:
    """Counts who looks, and answers with what is given in turn."""

    def __init__(self, *answers: dict[str, Current]) -> None:
        self.answers = list(answers)
        self.count = 0

    async def __call__(self) -> dict[str, Current]:
        """Return the next answer."""
        self.count += 1
        return self.answers.pop(0)


async def test_a_look_a_second() -> None:
    """A file that is current is known for a second, however its owner is spelled."""
    clock, looks = Clock(), Looks(OLD, NEW)
    shelf = Shelf(keep=1.0, clock=clock)
    seen = []
    for moment in (0.0, 0.5, 0.99, 1.0, 1.5):
        clock.now = moment
        seen.append(await shelf.current("Pip" if moment else "pip", "og", looks))

    assert seen == [OLD, OLD, OLD, NEW, NEW]
    assert looks.count == 2


async def test_nothing_is_an_answer_too() -> None:
    """That somebody has no card is remembered like a card, and for that variant alone."""
    looks = Looks({}, OLD)
    shelf = Shelf(keep=1.0, clock=Clock())
    first, again = [await shelf.current("pip", "og", looks) for _ in range(2)]
    other = await shelf.current("pip", "card", looks)

    assert (first, again, other) == ({}, {}, OLD)


async def test_files_are_read_once() -> None:
    """A file on the shelf is not read again, until newer ones have pushed it off."""
    read = []

    async def store(key: str) -> bytes:
        read.append(key)
        return key.encode().ljust(LARGEST, b".")

    shelf = Shelf()
    first = [await shelf.content("a", store) for _ in range(2)]
    for number in range(MOST_BYTES // LARGEST):
        await shelf.content(str(number), store)
    await shelf.content("a", store)

    assert first[0] == first[1]
    assert read == ["a", *(str(number) for number in range(MOST_BYTES // LARGEST)), "a"]


async def test_what_is_too_large_is_passed_on() -> None:
    """One large file does not push off all the others."""
    read = []

    async def store(key: str) -> bytes:
        read.append(key)
        return b"." * (LARGEST + 1)

    shelf = Shelf()
    assert len(await shelf.content("a", store)) == LARGEST + 1
    await shelf.content("a", store)

    assert read == ["a", "a"]


async def test_an_error_is_not_kept() -> None:
    """A store that is away is asked again."""

    async def away(key: str) -> bytes:
        raise ConnectionError(key)

    async def back(key: str) -> bytes:
        return key.encode()

    shelf = Shelf()
    with pytest.raises(ConnectionError):
        await shelf.content("a", away)

    assert await shelf.content("a", back) == b"a"
