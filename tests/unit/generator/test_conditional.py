"""An answer we know is only asked whether it has changed; what has not is put together anew."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from techub_common.errors import Transient
from techub_common.events import Section
from techub_generator.github.client import GitHub, Keys, github_over
from techub_generator.github.pull import pull
from techub_generator.profile import GitHubProfile

BASE = "https://api.github.test"
USER = {"id": 1815, "login": "ada", "type": "User", "created_at": "2012-07-11T20:38:33Z"}


class Api:
    """A small GitHub of ada's with real ETags; `repos` come in pages of two, `events` in one."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = dict(USER)
        self.repos = [{"name": f"r{n}", "full_name": f"ada/r{n}"} for n in range(5)]
        self.orgs: list[dict[str, Any]] = [{"id": 1, "login": "guild"}]
        self.events = [{"type": "PushEvent", "repo": {"name": f"guild/g{n}"}} for n in range(3)]
        self.readme: str | None = None
        self.private = {"guild/g2"}
        self.down: set[str] = set()
        self.statuses: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, as GitHub does, 304 to whoever knows it already."""
        path = request.url.path
        page = int(request.url.params.get("page", "1"))
        headers = {}
        if any(part in f"{path}?{page}" for part in self.down):
            response = httpx.Response(500)
        elif path.endswith("/readme"):
            response = httpx.Response(200 if self.readme else 404, text=self.readme or "")
        elif path.startswith("/repos/guild/"):
            name = path.removeprefix("/repos/")
            status = 404 if name in self.private else 200
            response = httpx.Response(status, json={"name": "g", "full_name": name})
        else:
            if path.endswith("/repos"):
                pages = (len(self.repos) + 1) // 2
                if page < pages:
                    headers["link"] = f'<{BASE}{path}?page={pages}>; rel="last"'
                body: Any = self.repos[2 * page - 2 : 2 * page]
            else:
                found = {"/orgs": self.orgs, "/public": self.events}
                body = next((v for k, v in found.items() if path.endswith(k)), self.user)
            response = httpx.Response(200, content=json.dumps(body).encode())
        etag = f'"{sha256(response.content).hexdigest()}"'
        if response.status_code == 200 and request.headers.get("if-none-match") == etag:
            response = httpx.Response(304)
        elif response.status_code == 200:
            headers["etag"] = etag
        response.headers.update(headers)
        self.statuses[f"{path}?{page}"] = response.status_code
        return response


@pytest.fixture
def api() -> Api:
    """Give a GitHub."""
    return Api()


def github(api: Callable[[httpx.Request], httpx.Response]) -> GitHub:
    """Return a client of it."""
    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(api))
    return github_over(http, Keys(), patience=1)


def facts(profile: GitHubProfile) -> dict[str, Any]:
    """Return all that is said of the account."""
    return profile.model_dump(exclude={"read_at", "answers"})


async def again(api: Api, before: GitHubProfile) -> GitHubProfile:
    """Pull once more, and check that it is what a fresh pull says."""
    api.statuses.clear()
    read = await pull(github(api), "ada", before)
    asked = dict(api.statuses)
    assert facts(read) == facts(await pull(github(api), "ada", None))
    api.statuses = asked
    return read


async def test_nothing_changed(api: Api) -> None:
    """Nothing but 304s, pages and missing things included; the profile and its ETags the same."""
    first = await pull(github(api), "ada", None)
    second = await again(api, first)

    assert set(api.statuses.values()) == {304}
    assert second.answers == first.answers
    assert [one.name for one in first.repositories] == ["r0", "r1", "r2", "r3", "r4"]
    assert [one.full_name for one in first.active] == ["guild/g0", "guild/g1"]


@pytest.mark.parametrize("page", [0, 2, 4])
async def test_one_page_changed(api: Api, page: int) -> None:
    """A page that changed is read, the others are cut out of what is known."""
    first = await pull(github(api), "ada", None)
    api.repos[page] = {"name": "new", "full_name": "ada/new", "stargazers_count": 7}
    second = await again(api, first)

    assert second.repositories[page].stars == 7
    repos = {
        key: status for key, status in api.statuses.items() if "/repos" in key and "ada" in key
    }
    assert sorted(repos.values()) == [200, 304, 304]


async def test_pages_come_and_go(api: Api) -> None:
    """Lists that grow, shrink and empty themselves end up as GitHub has them."""
    read = await pull(github(api), "ada", None)
    for count in (9, 3, 2, 0, 6):
        api.repos = [{"name": f"r{n}", "full_name": f"ada/r{n}"} for n in range(count)]
        read = await again(api, read)
        assert len(read.repositories) == count
    assert read.sections["repositories"] is Section.read


async def test_cleared(api: Api) -> None:
    """What GitHub says is empty or null is cleared, not kept."""
    api.user |= {"bio": "Poet", "company": "Engine"}
    api.readme = "Hello"
    first = await pull(github(api), "ada", None)
    api.user |= {"bio": None, "company": None}
    api.readme, api.orgs, api.events = None, [], []
    second = await again(api, first)

    assert (first.bio, first.readme) == ("Poet", "Hello")
    assert (second.bio, second.company, second.readme, second.organizations) == (None,) * 3 + ((),)
    assert second.sections["readme"] is second.sections["organizations"] is Section.cleared


async def test_readme_appears(api: Api) -> None:
    """A README that was missing is looked for again once its repository is pushed to."""
    api.repos.append({"name": "ada", "full_name": "ada/ada", "pushed_at": "2026-01-01T00:00:00Z"})
    first = await pull(github(api), "ada", None)
    api.readme = "Hello"
    second = await pull(github(api), "ada", first)
    api.repos[-1]["pushed_at"] = "2026-02-01T00:00:00Z"
    third = await again(api, second)

    assert (first.readme, second.readme, third.readme) == (None, None, "Hello")


async def test_kept_sections_keep_their_etags(api: Api) -> None:
    """A list that broke off in the middle leaves what was known, and what it was known by."""
    first = await pull(github(api), "ada", None)
    api.repos[0]["stargazers_count"] = 5
    api.down = {"/users/ada/repos?2", "/orgs"}
    broken = await pull(github(api), "ada", first)
    api.down = set()
    whole = await again(api, broken)

    assert broken.repositories == first.repositories
    assert broken.sections["repositories"] is broken.sections["organizations"] is Section.kept
    assert whole.repositories[0].stars == 5
    assert api.statuses["/users/ada/orgs?1"] == 304


async def test_login_of_somebody_else(api: Api) -> None:
    """A login that has changed hands keeps nothing of the account that had it."""
    first = await pull(github(api), "ada", None)
    api.user |= {"id": 1, "name": "Another"}
    api.down = {"/orgs"}
    second = await pull(github(api), "ada", first)

    assert (second.id, second.organizations) == (1, None)
    assert "organizations" in second.unread


async def test_another_token_has_other_etags(api: Api) -> None:
    """An ETag is not shown with another token, which would never match it."""
    first = await pull(github(api), "ada", None)
    sent: list[str | None] = []

    def noting(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("if-none-match"))
        return api(request)

    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(noting))
    await pull(github_over(http, Keys(tokens=("a",)), patience=1), "ada", first)

    assert set(sent) == {None}


async def test_unasked_304() -> None:
    """A 304 nobody asked for is not an answer."""
    with pytest.raises(Transient):
        await pull(github(lambda _: httpx.Response(304)), "ada", None)
