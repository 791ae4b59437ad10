"""What people, GitHub and the machine do wrong ends where it should."""

import httpx
import pytest

from techub_devstack import samples
from techub_devstack.stack import ALERT_ADDRESS, Stack
from tests.e2e.conftest import Person, mails_to, steps_of


@pytest.mark.parametrize(
    "login", ["", "-", "a b", "../etc/passwd", "<script>", "x" * 40, "ünïcode", "a\u202eb"]
)
async def test_malformed_logins_are_refused(person: Person, login: str) -> None:
    """What cannot be a login is refused with a sentence, and no run is made."""
    answer = await person.http.post("/api/v1/profiles", json={"login": login})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "mime", "status"),
    [
        (b"{", "application/json", 422),
        (b"login=x", "application/x-www-form-urlencoded", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"login": 7}', "application/json", 422),
        (b'{"login": "a", "admin": true}', "application/json", 422),
        (
            b'{"login": "a", "repositories": ["a/b", "a/b", "a/b", "a/b", "a/b"]}',
            "application/json",
            422,
        ),
        (b'{"login": "a", "repositories": ["not a repository"]}', "application/json", 422),
        (b'{"login": "a", "scrape_url": "javascript:alert(1)"}', "application/json", 422),
        (b'{"login": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
async def test_nonsense_bodies(person: Person, content: bytes, mime: str, status: int) -> None:
    """A body that is no submission is refused as what it is."""
    answer = await person.http.post(
        "/api/v1/profiles", content=content, headers={"Content-Type": mime}
    )

    assert answer.status_code == status
    assert answer.json()["status"] == status


async def test_a_body_that_lies_about_its_length(person: Person) -> None:
    """An endless body without a length is cut off at 64 KB."""

    async def endless() -> object:
        for _ in range(80):
            yield b"x" * 1024

    answer = await person.http.post("/api/v1/profiles", content=endless())

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer techub_wrong"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer"},
    ],
)
async def test_wrong_tokens(stack: Stack, headers: dict[str, str]) -> None:
    """Without a token of somebody's nothing is started."""
    async with httpx.AsyncClient(base_url=stack.app_host, trust_env=False) as stranger:
        answer = await stranger.post(
            "/api/v1/profiles", json={"login": samples.TINY}, headers=headers
        )

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/runs/not-a-uuid", 422),
        ("/api/v1/runs/00000000-0000-4000-8000-000000000000", 404),
        ("/api/v1/runs/00000000-0000-4000-8000-000000000000/events", 404),
        ("/api/v1/profiles/nobody-made-this", 404),
        ("/api/v1/profiles/a%20b", 422),
        ("/generated/nobody/og-000000000000.png", 404),
    ],
)
async def test_what_is_not_there(person: Person, path: str, status: int) -> None:
    """What is not there is said to be not there."""
    answer = await person.http.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_login(person: Person) -> None:
    """A login GitHub does not know is a failure with a sentence, told once to the submitter."""
    run = await person.finished("nobody-by-this-name")

    assert run["status"] == "failure"
    assert run["error"]["code"] == "github_login_unknown"
    assert "Check the spelling" in run["error"]["sentence"]
    [mail] = await person.mails()
    assert "nobody-by-this-name" in mail["subject"]


async def test_not_eligible(person: Person) -> None:
    """Who is not eligible is told why, and what would help; ops hear of it too."""
    run = await person.finished(samples.NOT_ELIGIBLE)

    assert run["status"] == "failure"
    assert run["error"]["code"] == "not_eligible"
    signals = run["error"]["detail"]["signals"]
    assert set(signals) == {
        "account_age",
        "repository_activity",
        "social_proof",
        "meaningful_profile",
        "recent_activity",
    }
    assert all(signal["advice"] for signal in signals.values() if not signal["met"])
    assert steps_of(run)["evaluate_eligibility"] == "failed"
    assert len(await person.mails()) == 1
    alerts = await mails_to(person.stack, ALERT_ADDRESS)
    assert any(samples.NOT_ELIGIBLE in alert["subject"] for alert in alerts)


LIMITED = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1", "retry-after": "1"}


@pytest.mark.parametrize(
    ("login", "fault", "code"),
    [
        ("limited-user", {"status": 403, "headers": LIMITED}, "github_rate_limited"),
        ("refused-user", {"status": 401}, "github_unauthorized"),
        ("broken-user", {"status": 502}, "github_unavailable"),
        ("hangup-user", {"hang_up": True}, "github_unavailable"),
        ("blocked-user", {"status": 451}, "github_blocked"),
    ],
)
async def test_github_in_trouble(
    person: Person, login: str, fault: dict[str, object], code: str
) -> None:
    """GitHub's troubles are told apart; each ends the run in failure with its own sentence."""
    person.stack.github.fail(login=login, **fault)  # type: ignore[arg-type]

    run = await person.finished(login)

    assert run["status"] == "failure"
    assert run["error"]["code"] == code


async def test_github_recovers(person: Person) -> None:
    """A trouble that passes costs an attempt, not the card; the story shows the retry."""
    repositories = f"/users/{samples.NO_AVATAR}/repos"
    person.stack.github.fail(502, path_contains=repositories, times=2)

    run = await person.finished(samples.NO_AVATAR)

    assert run["status"] == "success"
    story = await person.story(run["run_id"])
    assert any(line.data.get("status") == "retrying" for line in story)


async def test_slow_github_is_waited_for(person: Person) -> None:
    """A slow answer is an answer; the heartbeat keeps the message from a second worker."""
    person.stack.github.fail(
        login=samples.TINY, path_contains="/events", delay_seconds=4.0, times=1
    )
    before = person.stack.github.requests(path_contains=f"/users/{samples.TINY}/repos")

    run = await person.finished(samples.TINY)

    after = person.stack.github.requests(path_contains=f"/users/{samples.TINY}/repos")
    assert run["status"] == "success"
    assert sum(after.values()) - sum(before.values()) == 1


async def test_an_avatar_that_is_no_picture(person: Person) -> None:
    """A broken avatar costs the avatar: the card is made without it, the run is partial."""
    person.stack.github.fail(
        200,
        path_contains=f"/avatars/{samples.ORGANISATION}",
        headers={"content-type": "image/png"},
        body="this is no picture",
    )
    try:
        run = await person.finished(samples.ORGANISATION)
    finally:
        person.stack.github.mend()

    assert run["status"] == "partial_success"
    assert run["degradations"]
    assert {picture["variant"] for picture in run["pictures"]} == {"og", "card", "simple"}
