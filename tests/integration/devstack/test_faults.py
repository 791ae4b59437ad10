"""Every double can be told to fail, and tells what it was asked."""

import time

import httpx
import pytest

from techub_devstack import samples
from techub_devstack.doubles.handle import Double, MailDouble


def get(double: Double, login: str) -> httpx.Response:
    """Ask who someone is."""
    return double.send("GET", f"/users/{login}")


def test_an_answer_of_its_own(github_double: Double) -> None:
    """Any status, headers and body, for one login, a number of times."""
    headers = {"Retry-After": "7", "X-RateLimit-Remaining": "0"}
    github_double.fail(
        403, login=samples.TINY, times=1, headers=headers, body={"message": "API rate limit"}
    )

    assert get(github_double, samples.DEFAULT).status_code == 200
    failed = get(github_double, samples.TINY)
    assert (failed.status_code, failed.headers["retry-after"]) == (403, "7")
    assert failed.json() == {"message": "API rate limit"}
    assert get(github_double, samples.TINY).status_code == 200


def test_a_page_instead_of_json(github_double: Double) -> None:
    """A text is sent as it is, as HTML."""
    github_double.fail(503, path_contains="/users/", body="<h1>Unicorn!</h1>")

    failed = get(github_double, samples.TINY)

    assert (failed.status_code, failed.text) == (503, "<h1>Unicorn!</h1>")
    assert failed.headers["content-type"].startswith("text/html")
    github_double.mend()
    assert get(github_double, samples.TINY).status_code == 200


def test_hanging_up(github_double: Double) -> None:
    """The connection ends without a word."""
    github_double.fail(login=samples.TINY, hang_up=True, times=1)

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        get(github_double, samples.TINY)
    assert get(github_double, samples.TINY).status_code == 200


def test_being_slow(github_double: Double) -> None:
    """The right answer, late: a client that waits less gives up."""
    github_double.fail(login=samples.TINY, delay_seconds=0.2, times=2)

    with pytest.raises(httpx.ReadTimeout):
        github_double.send("GET", f"/users/{samples.TINY}", timeout=0.05)
    started = time.monotonic()
    assert get(github_double, samples.TINY).status_code == 200
    assert time.monotonic() - started > 0.15


def test_what_was_asked(github_double: Double) -> None:
    """Calls are counted per method and path, those that failed too."""
    github_double.fail(500, login=samples.TINY, times=1)
    for login in (samples.TINY, samples.TINY, samples.POPULAR):
        get(github_double, login)

    assert github_double.requests(login=samples.TINY) == {f"GET /users/{samples.TINY}": 2}
    assert sum(github_double.requests().values()) == 3
    github_double.reset()
    assert github_double.requests() == {}


def test_done_but_never_heard(resend_double: MailDouble) -> None:
    """With `after` the mail is accepted and only the answer is lost; the key then finds it."""
    mail = {"from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t"}
    headers = {"authorization": "Bearer re_test", "idempotency-key": "once"}
    resend_double.fail(hang_up=True, after=True, times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        resend_double.send("POST", "/emails", json=mail, headers=headers)
    again = resend_double.ask("POST", "/emails", json=mail, headers=headers)

    assert [kept["id"] for kept in resend_double.mails()] == [again.json()["id"]]
    assert resend_double.requests_per_key() == {"once": 2}
