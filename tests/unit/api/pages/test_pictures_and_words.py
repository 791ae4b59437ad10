"""Figures as people read them, pictures in the format a browser likes, tags as caches send them."""

import pytest

from techub_api.pages import words
from techub_api.pages.errors import wants_page
from techub_api.pages.frames import frames
from techub_api.pages.submitting import Draft, checked, submit_address
from techub_api.pages.words import duration, ordinal, size
from techub_api.pictures.serving import has_it
from techub_api.runs.queries import PictureShown
from techub_api.runs.status import Status
from tests.unit.api.pages.conftest import request_to


def file(variant: str, form: str) -> PictureShown:
    """Return one file of a picture."""
    return PictureShown(
        variant=variant,
        format=form,
        url=f"/{variant}.{form}",
        bytes=1,
        width=2,
        height=1,
        mime=f"image/{form}",
    )


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (59_940, "59.9 s"), (125_000, "2 min 5 s")],
)
def test_duration(milliseconds: int, said: str) -> None:
    """A duration is as exact as anybody cares."""
    assert duration(milliseconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(840, "840 B"), (48_211, "48 KB"), (1_234_567, "1.2 MB")]
)
def test_size(count: int, said: str) -> None:
    """A size is in the unit people know."""
    assert size(count) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd")]
)
def test_ordinal(number: int, said: str) -> None:
    """Tries are counted in English."""
    assert ordinal(number) == said


def test_frames() -> None:
    """A picture's smallest file comes first and the one everybody can show last."""
    framed = frames(
        [file("card", "png"), file("og", "png"), file("og", "webp"), file("og", "jpeg")]
    )

    assert list(framed) == ["og", "card"]
    assert [one.format for one in framed["og"].files] == ["webp", "jpeg", "png"]
    assert framed["og"].plain.format == "png"
    assert framed["og"].shared.format == "jpeg"
    assert framed["card"].shared.format == "png"


def test_thumbnails_hang_nowhere() -> None:
    """A thumbnail is for lists: it is none of the files of its picture."""
    [framed] = frames([file("card", "thumbnail"), file("card", "png")]).values()

    assert [one.format for one in framed.files] == ["png"]
    assert framed.thumbnail is not None
    assert framed.thumbnail.format == "thumbnail"


@pytest.mark.parametrize(
    ("header", "held"),
    [
        (None, False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("*", True),
        ("", False),
    ],
)
def test_has_it(header: str | None, held: bool) -> None:
    """A cache that names the tag, weakly or in a list, holds the content."""
    assert has_it(header, '"a"') is held


@pytest.mark.parametrize(
    ("path", "accept", "page"),
    [
        ("/profiles/x", "text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("/profiles/x", "*/*", False),
        ("/profiles/x.json", "text/html", False),
        ("/api/v1/profiles/x", "text/html", False),
        ("/og/x.jpg", "image/avif,image/webp,*/*;q=0.8", False),
    ],
)
def test_wants_page(path: str, accept: str, page: bool) -> None:
    """A browser's address bar gets pages; programs, pictures and the API get problems."""
    assert wants_page(request_to(path, accept=accept)) is page


def test_a_good_draft() -> None:
    """Empty fields are left out, and repositories are brought to one spelling."""
    draft = Draft(login="@octocat", repositories=["", "https://github.com/a/b.git", ""])
    submission, errors = checked(draft)

    assert errors == {}
    assert submission is not None
    assert submission.scrape_url is None
    assert submission.repositories == ["a/b"]


def test_everything_wrong_is_said_at_once() -> None:
    """Each wrong field has its own sentence."""
    draft = Draft(login="no login", scrape_url="ftp://x", repositories=["nope"])
    submission, errors = checked(draft)

    assert submission is None
    assert set(errors) == {"login", "scrape_url", "repositories"}


def test_a_login_is_needed() -> None:
    """An empty form asks whose card it shall be."""
    assert set(checked(Draft())[1]) == {"login"}


def test_submit_address() -> None:
    """What was typed is carried along as data, never as part of the address."""
    assert submit_address("a&b=c#//evil") == "/submit?login=a%26b%3Dc%23%2F%2Fevil"
    assert submit_address("") == "/submit"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://ada.example/a?b=c#d", "https://ada.example/a?b=c#d"),
        ("http://ada.example", "http://ada.example"),
        ("ada.example", "https://ada.example"),
        ("ada.example/javascript:alert(1)", "https://ada.example/javascript:alert(1)"),
        (None, None),
        ("", None),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)//.x", None),
        ("javascript://ada.example/%0aalert(1)", None),
        ("data:text/html,hello.html", None),
        ("vbscript:msgbox(1).x", None),
        ("//ada.example", None),
        ("/profiles/ada.b", None),
        ("https://github.com@evil.example", None),
        ("https://ada.example/a b", None),
        ("https://ada.example\u202e/", None),
        ("https://[::1", None),
        ("ftp://ada.example", None),
        ("localhost", None),
    ],
)
def test_safe_links(text: str | None, address: str | None) -> None:
    """People are led to web addresses only, and see where before the slash."""
    assert words.safe_link(text) == address


def test_bare_addresses() -> None:
    """An address is shown as people write it."""
    assert words.bare("https://www.ada.example/") == "ada.example"
    assert words.bare("http://ada.example/a") == "ada.example/a"


def test_outcomes() -> None:
    """Every status of a run has a name people know."""
    assert {words.outcome(status) for status in Status} == {
        "in the queue",
        "being dealt",
        "ready",
        "ready, with a loss",
        "failed",
        "called off",
    }
