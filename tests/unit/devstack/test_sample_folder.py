"""Sample folders: names, dates, pages, pictures."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from techub_devstack import samples
from techub_devstack.doubles.sample_folder import SampleFolder, rendered


def test_dates_are_counted_back_from_midnight() -> None:
    """A sample stays as old as it was written, whatever the day."""
    told = rendered("{{days_ago:1.5}} {{date:31}} {{other:1}}", today=date(2026, 3, 1))

    assert told == "2026-02-27T12:00:00Z 2026-01-29 {{other:1}}"


def test_logins_are_compared_without_case(tmp_path: Path) -> None:
    """`Some-One` and `some-one` are one account."""
    (tmp_path / "Some-One").mkdir()
    (tmp_path / "Some-One" / "user.json").write_text('{"id": 7}')
    folder = SampleFolder(tmp_path)

    assert folder.read("SOME-one", "user") == {"id": 7}
    assert folder.read("some-one", "orgs") is None
    assert folder.login_of(7) == "Some-One"


def test_a_folder_without_user_is_nobody(tmp_path: Path) -> None:
    """Derived files alone make no account."""
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "user.derived.json").write_text("{}")

    assert SampleFolder(tmp_path).logins() == []
    assert SampleFolder(tmp_path).read("someone", "user") is None


def test_pages_follow_each_other(tmp_path: Path) -> None:
    """`repos.json`, `repos.page2.json` and so on, up to the first gap."""
    (tmp_path / "a").mkdir()
    for name, page in (("user", {}), ("repos", [1]), ("repos.page2", [2]), ("repos.page4", [4])):
        (tmp_path / "a" / f"{name}.json").write_text(json.dumps(page))

    assert SampleFolder(tmp_path).pages("a", "repos") == [[1], [2]]


def test_avatars_may_lie_beside_the_folder(tmp_path: Path) -> None:
    """The recorded answers keep them one level up."""
    (tmp_path / "github").mkdir()
    (tmp_path / "avatars").mkdir()
    (tmp_path / "avatars" / "a.jpg").write_bytes(b"jpeg")

    assert SampleFolder(tmp_path / "github").avatar("A") == (b"jpeg", "image/jpeg")
    assert SampleFolder(tmp_path / "github").avatar("b") is None


@pytest.mark.parametrize("login", samples.LOGINS)
def test_every_sample_is_whole(login: str) -> None:
    """Each person has the user's keys, as many repositories as told, and no date to come."""
    folder = SampleFolder(samples.DIR)
    user = folder.read(login, "user") or {}
    repositories = list(folder.repositories(login))

    assert user["login"] == login
    assert user["public_repos"] == len(repositories)
    assert all(repository["owner"]["id"] == user["id"] for repository in repositories)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert all(
        repository["created_at"] < repository["pushed_at"] < now for repository in repositories
    )
    assert (folder.avatar(login) is None) == (login == samples.NO_AVATAR)


def signals(login: str) -> int:
    """Return how many of the five signals of eligibility someone shows."""
    folder = SampleFolder(samples.DIR)
    user, now = folder.read(login, "user") or {}, datetime.now(UTC)
    year, two_months = (f"{now - timedelta(days=days):%Y-%m-%d}" for days in (365, 60))
    active = [r for r in folder.repositories(login) if r["pushed_at"] > year and not r["archived"]]
    return sum(
        (
            user["created_at"] < two_months,
            len(active) >= 3,
            user["followers"] >= 3 or user["following"] >= 3,
            bool(user["bio"] or folder.read(login, "readme") or folder.read(login, "pinned")),
            len(folder.read(login, "events") or []) >= 5,
        )
    )


def test_who_is_eligible() -> None:
    """Everyone but the ghost town shows at least three signals."""
    assert all(signals(login) >= 3 for login in samples.ELIGIBLE)
    assert signals(samples.NOT_ELIGIBLE) < 3
