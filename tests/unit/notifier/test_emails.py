"""The mails, as they are frozen."""

import json
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from jinja2 import UndefinedError

from techub_common.events import Degradation, Ended, RunError
from techub_notifier import emails
from techub_notifier.emails import Letters
from techub_notifier.rules import Audience, Notice

from .conftest import EndedFactory

SECRET = "a-secret-of-the-tests-32-characters"
LETTERS = Letters("TecHub <notifications@techub.life>", "https://techub.life", SECRET)
DELIVERY = UUID("7f0c2c9e-4d53-4d5b-9a43-6f2f1f0c7a11")
ADA = UUID("11111111-1111-4111-8111-111111111111")
TO_OWNER = Notice(Audience.owner, f"user:{ADA}", "ada@example.com", ADA)
TO_OPS = Notice(Audience.ops, "ops:1", "ops@example.com")
NOT_ELIGIBLE = RunError(stage="eligibility", code="not_eligible", message="2 of 5 signals.")


def mail_of(event: Ended, notice: Notice = TO_OWNER, letters: Letters = LETTERS) -> dict[str, Any]:
    """Return the frozen mail as a document."""
    mail: dict[str, Any] = json.loads(letters.frozen(event, notice, DELIVERY))
    return mail


def test_completed(ended: EndedFactory) -> None:
    """The owner sees the card, with words for who sees no pictures, and where it is."""
    mail = mail_of(ended("completed"))

    assert mail["subject"] == "Your TecHub card is ready, @octocat"
    assert mail["to"] == ["ada@example.com"]
    assert mail["from"] == "TecHub <notifications@techub.life>"
    assert 'src="https://techub.life/og/octocat.jpg"' in mail["html"]
    assert 'alt="The TecHub card of @octocat"' in mail["html"]
    for part in (mail["html"], mail["text"]):
        assert "https://techub.life/profiles/octocat" in part
        assert "https://techub.life/settings/account" in part


def test_failed_says_why(ended: EndedFactory) -> None:
    """The owner reads the reason and what can be done, in both parts."""
    mail = mail_of(ended("failed", error=NOT_ELIGIBLE))

    for part in (mail["html"], mail["text"]):
        assert "2 of 5 signals." in part
        assert "profile README" in part
        assert "https://techub.life/my/profiles" in part


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("github_login_unknown", "no account with this login"),
        ("github_unavailable", "did not answer us"),
        ("github_unauthorized", "on our side"),
        ("no_picture", "none of its pictures"),
        ("unexpected", "on our side"),
    ],
)
def test_known_reasons_are_in_our_words(ended: EndedFactory, code: str, words: str) -> None:
    """A code we know never shows the raw message to an owner."""
    error = RunError(stage="fetch", code=code, message="HTTP 500 at 10.0.0.7; set GITHUB_TOKEN")
    mail = mail_of(ended("failed", error=error))

    assert words in mail["text"]
    assert "GITHUB_TOKEN" not in mail["text"] + mail["html"]


def test_failed_without_an_error_still_reads_well(ended: EndedFactory) -> None:
    """A failure nobody explained is owned up to."""
    assert "Something went wrong" in mail_of(ended("failed"))["text"]


def test_alert(ended: EndedFactory) -> None:
    """Operators read run, stage and reason, and how to run it again."""
    event = ended("failed", error=NOT_ELIGIBLE, counts={"recorded": 2, "failed": 1})
    mail = mail_of(event, TO_OPS)

    assert mail["subject"] == "[TecHub] failed: @octocat (eligibility)"
    for part in (mail["html"], mail["text"]):
        for words in (
            str(event.run_id),
            "eligibility",
            "not_eligible",
            "2 of 5 signals.",
            f"https://techub.life/ops/runs/{event.run_id}",
            "https://techub.life/profiles/octocat",
            "techub pipeline run octocat",
            "1 failed, 2 recorded",
            "4.3 s",
        ):
            assert words in part


def test_alert_of_a_partial_run(ended: EndedFactory) -> None:
    """Operators read every stage that lost something; outside production it says where."""
    lost = [Degradation(stage=f"capture:{n}", reason=f"gone {n}") for n in range(22)]
    letters = Letters("a@example.com", "http://127.0.0.1:3000", SECRET, env="development")
    mail = mail_of(ended("partial", degradations=lost), TO_OPS, letters)

    assert mail["subject"].startswith("[TecHub development] partial: @octocat (capture:0, ")
    assert "Degraded: capture:19: gone 19" in mail["text"]
    assert "And 2 more" in mail["text"]


EVIL = 'x"><img src=x onerror=alert(1)>\r\nBcc: eve@example.com'


@pytest.mark.parametrize(("kind", "notice"), [("completed", TO_OWNER), ("failed", TO_OPS)])
def test_nothing_can_be_injected(ended: EndedFactory, kind: str, notice: Notice) -> None:
    """Line breaks do not reach the headers, markup does not reach the page."""
    error = RunError(stage=EVIL, code=EVIL, message=EVIL * 500)
    mail = mail_of(ended(kind, login=EVIL, error=error if kind == "failed" else None), notice)

    assert not set(mail["subject"]) & set("\r\n")
    assert len(mail["subject"]) <= emails.SUBJECT_LENGTH
    assert [notice.address] == mail["to"]
    assert "<img src=x" not in mail["html"]
    assert "\r" not in mail["text"]
    assert len(mail["html"]) < 20_000


def test_redrive_is_safe_to_paste(ended: EndedFactory) -> None:
    """A login that is none cannot become a second command."""
    mail = mail_of(ended("failed", login="a; rm -rf /"), TO_OPS)

    assert "techub pipeline run 'a; rm -rf /'" in mail["text"]


def test_addresses_in_reasons_are_masked(ended: EndedFactory) -> None:
    """Free text that holds an address or a key shows neither."""
    text = "asked eve@example.com with ghp_abcdefghijklmnopqrstuvwx"
    event = ended("partial", degradations=[Degradation(stage="scrape", reason=text)])

    assert "asked [address] with [secret]" in mail_of(event, TO_OPS)["text"]


def test_missing_field_is_an_error() -> None:
    """A template that asks for what is not given fails instead of sending a hole."""
    with pytest.raises(UndefinedError):
        emails._TEMPLATES.get_template("completed.txt").render(login="octocat")


def test_frozen_alike_each_time(ended: EndedFactory) -> None:
    """The same end gives the same bytes."""
    event = ended("failed", error=NOT_ELIGIBLE)

    assert LETTERS.frozen(event, TO_OWNER, DELIVERY) == LETTERS.frozen(event, TO_OWNER, DELIVERY)


class Balance(HTMLParser):
    """Counts what is opened and not closed."""

    VOID = frozenset({"meta", "img", "br", "hr", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        del attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert tag == self.open.pop()


@pytest.mark.parametrize(
    ("kind", "notice"), [("completed", TO_OWNER), ("failed", TO_OWNER), ("failed", TO_OPS)]
)
def test_html_is_whole(ended: EndedFactory, kind: str, notice: Notice) -> None:
    """Every element is closed, dark mode is spoken of, no script and no second image."""
    error = NOT_ELIGIBLE if kind == "failed" else None
    html = mail_of(ended(kind, error=error), notice)["html"]
    parser = Balance()
    parser.feed(html)

    assert parser.open == []
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html
    assert html.count("<img") == (1 if kind == "completed" else 0)
