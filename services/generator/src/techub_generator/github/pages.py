"""Puts a list together of pages that were read and pages that are as they were."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from techub_generator.github.asking import Page, page_key
from techub_generator.kept import Kept

E = TypeVar("E")
T = TypeVar("T")


def assembled(
    path: str,
    pages: Sequence[Page[E]],
    make: Callable[[E], T],
    old: Sequence[T],
    kept: Mapping[str, Kept],
) -> tuple[T, ...]:
    """Return the list; a page that is as it was is cut out of `old`, where `kept` says it lies."""
    whole: list[T] = []
    begin = 0
    for number, page in enumerate(pages, start=1):
        known = kept.get(page_key(path, number))
        end = begin + (known.elements if known else 0)
        whole += old[begin:end] if page.elements is None else map(make, page.elements)
        begin = end
    return tuple(whole)
