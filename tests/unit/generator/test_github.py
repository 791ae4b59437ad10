"""What GitHub answers, as what it is: recorded answers, pages, refusals."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techub_common.errors import Permanent, Transient
from techub_common.events import Section
from techub_generator.github.asking import Asking
from techub_generator.github.client import GitHub, Keys, github_over
from techub_generator.github.pull import pull
from techub_generator.github.wire import Org, PublicEvent, Repo, User, readable
from techub_generator.profile import Activity, GitHubProfile, Organization, Repository

BASE = "https://api.github.test"
MISSING = httpx.Response(404, json={"message": "Not Found"})
USER = {"id": 1815, "login": "ada", "type": "User", "created_at": "2012-07-11T20:38:33Z"}
PEOPLE = ["and3rn3t", "ankit-chaubey", "bitwiseman", "jekyll"]

Answer = Callable[[httpx.Request], httpx.Response]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def github(answer: Answer, **keys: Any) -> GitHub:
    """Return a GitHub whose every request is answered by a function."""
    http = httpx.AsyncClient(
        base_url=BASE, transport=httpx.MockTransport(answer), follow_redirects=True
    )
    return github_over(http, Keys(**keys), patience=0.2)


def asking(answer: Answer) -> Asking:
    """Return a conversation with it."""
    return github(answer).asking()


def answered_by(files: Path) -> Answer:
    """Answer from recorded files, a missing one with an empty list, pages with Link headers."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/readme"):
            file = files / "readme.md"
            return httpx.Response(200, content=file.read_bytes()) if file.is_file() else MISSING
        parts = request.url.path.strip("/").split("/")[2:]
        name, page = parts[0] if parts else "user", int(request.url.params.get("page", "1"))
        if request.url.path.startswith("/repos/"):
            return MISSING
        names = [f"{name}.json", *(f"{name}.page{number}.json" for number in range(2, 20))]
        pages = [files / one for one in names if (files / one).is_file()]
        if not pages:
            return httpx.Response(200, json=[])
        links = {"link": f'<{request.url.copy_set_param("page", len(pages))}>; rel="last"'}
        return httpx.Response(
            200, content=pages[page - 1].read_bytes(), headers=links if page < len(pages) else {}
        )

    return answer


@pytest.mark.parametrize("login", PEOPLE)
async def test_recorded_people(recorded: Path, login: str) -> None:
    """Every recorded account, of whatever year and kind, becomes a profile."""
    files = recorded / "github" / login
    profile = await pull(github(answered_by(files)), login, None)

    user = json.loads((files / "user.json").read_text("utf-8"))
    elements = [x for one in files.glob("repos*.json") for x in json.loads(one.read_text("utf-8"))]
    assert (profile.login, profile.id) == (user["login"], user["id"])
    assert len(profile.repositories) == sum(not one["private"] for one in elements)
    assert profile.sections["repositories"] is Section.read
    assert profile.type == ("Organization" if login == "jekyll" else "User")
    assert profile == GitHubProfile.model_validate_json(profile.model_dump_json())


async def test_recorded_activity(recorded: Path) -> None:
    """Events of 2026, whose payloads hardly say anything any more, are counted all the same."""
    files = recorded / "github" / "and3rn3t"
    profile = await pull(github(answered_by(files)), "and3rn3t", None)

    assert profile.activity is not None
    assert profile.activity.total_events == 90
    assert sum(profile.activity.event_breakdown.values()) == 90
    assert len(profile.activity.recent_repos) <= 10
    assert profile.organizations == ()
    assert profile.readme is not None
    assert profile.readme.startswith("👋")


CODES = {401: "github_unauthorized", 404: "github_not_found", 451: "github_blocked"}


def _expected(name: str, status: int) -> str:
    if any(words in name for words in ("rate_limit", "abuse", "push_access")):
        return "github_rate_limited"
    return CODES.get(status, "github_unavailable" if status >= 500 else "github_refused")


async def test_recorded_errors(recorded: Path) -> None:
    """Every recorded refusal is told apart, and only what may pass is tried again."""
    for file in sorted((recorded / "github" / "errors").glob("[45]*.json")):
        said = json.loads(file.read_text("utf-8"))
        body = said.get("body_raw") or json.dumps(said["body"])
        headers = {
            name: value
            for name, value in (said["headers"] or {}).items()
            if isinstance(value, str) and name.lower() not in {"content-length", "content-encoding"}
        }
        response = httpx.Response(said["status"], text=body, headers=headers)
        with pytest.raises((Transient, Permanent)) as raised:
            await asking(lambda _, response=response: response).one("/users/ada", User)

        assert raised.value.code == _expected(file.name, said["status"]), file.name
        limited = raised.value.code in {"github_rate_limited", "github_unavailable"}
        assert isinstance(raised.value, Transient) is limited


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "8"}, 8),
        ({"retry-after": "86400"}, 300),
        ({"retry-after": "soon"}, 60),
        ({"x-ratelimit-remaining": "0"}, 60),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1428313839",
                "date": "Mon, 06 Apr 2015 09:50:00 GMT",
            },
            40,
        ),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1428313839",
                "date": "Mon, 06 Apr 2015 09:00:00 GMT",
            },
            300,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, 0),
    ],
)
async def test_limits_say_how_long(headers: dict[str, str], seconds: float) -> None:
    """A limit is waited out as GitHub says, by GitHub's clock, but never for long."""
    response = httpx.Response(403, json={"message": "Forbidden"}, headers=headers)
    with pytest.raises(Transient) as raised:
        await asking(lambda _: response).one("/users/ada", User)

    assert raised.value.code == "github_rate_limited"
    assert raised.value.retry_after == seconds


def _hang_up(_: httpx.Request) -> httpx.Response:
    message = "peer closed connection"
    raise httpx.RemoteProtocolError(message)


@pytest.mark.parametrize(
    "answer",
    [
        _hang_up,
        lambda _: httpx.Response(200, text="<html>"),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(200, json={"login": "ada"}),
        lambda _: httpx.Response(200, json={**USER, "created_at": None}),
        lambda request: httpx.Response(302, headers={"location": str(request.url)}),
    ],
    ids=["hang-up", "html", "list", "no id", "no date", "circle"],
)
async def test_nonsense_may_pass(answer: Answer) -> None:
    """An answer nobody can use is a GitHub that is not available."""
    with pytest.raises(Transient) as raised:
        await pull(github(answer), "ada", None)

    assert raised.value.code == "github_unavailable"


async def test_slow_answers_are_cut_off() -> None:
    """Nobody waits longer than patience allows."""

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(never))
    with pytest.raises(Transient, match="TimeoutError"):
        await github_over(http, Keys(), patience=0.02).asking().one("/users/ada", User)


async def test_pages_come_side_by_side() -> None:
    """All pages behind the first are asked for at once, ten in all at most."""
    asked: list[int] = []
    together = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        asked.append(page)
        if len(asked) == 10:
            together.set()
        if page > 1:
            await together.wait()
        link = f'<{BASE}/user/1/repos?per_page=100&page=40>; rel="last"'
        return httpx.Response(200, json=[{"id": page, "login": "x"}], headers={"link": link})

    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(answer))
    pages = await github_over(http, Keys(), patience=1).asking().every("/users/ada/orgs", Org, 10)

    assert [one.id for page in pages for one in page.elements or ()] == list(range(1, 11))
    assert sorted(asked) == list(range(1, 11))


async def test_pages_one_after_another() -> None:
    """A list that only names its next page is followed to its end."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        link = {"link": f'<{BASE}/x?page={page + 1}>; rel="next"'} if page < 3 else {}
        return httpx.Response(200, json=[{"id": page, "login": "x"}], headers=link)

    for most, found in ((10, [1, 2, 3]), (2, [1, 2])):
        pages = await asking(answer).every("/users/ada/orgs", Org, most)
        assert [one.id for page in pages for one in page.elements or ()] == found


def _failing(*paths: str) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(paths):
            return httpx.Response(502, json={"message": "Server Error"})
        if request.url.path.endswith("/readme"):
            return MISSING
        return httpx.Response(200, json=USER if request.url.path == "/users/ada" else [])

    return answer


async def test_unreadable_sections_are_kept(profile: Callable[..., GitHubProfile]) -> None:
    """What cannot be read is taken from what was known, never replaced with nothing."""
    before = profile(
        organizations=(Organization(id=1, login="guild"),), activity=Activity(total_events=9)
    )
    read = await pull(github(_failing("/orgs", "/events/public")), "ada", before)

    assert read.organizations == before.organizations
    assert read.activity == before.activity
    assert read.unread == ("contributions",)  # nobody could ask, and it was null
    assert read.sections == {
        "profile": Section.read,
        "repositories": Section.cleared,
        "organizations": Section.kept,
        "activity": Section.kept,
        "active": Section.cleared,
        "readme": Section.cleared,
    }


async def test_unreadable_and_unknown(profile: Callable[..., GitHubProfile]) -> None:
    """Without anything known, or known of somebody else, a section stays open: null, not empty."""
    somebody_else = profile(id=1, organizations=(Organization(id=1, login="guild"),))
    for known in (None, somebody_else):
        read = await pull(github(_failing("/orgs")), "ada", known)
        assert read.organizations is None
        assert "organizations" in read.unread
        assert read.activity == Activity()


async def test_unreadable_repositories(profile: Callable[..., GitHubProfile]) -> None:
    """Repositories are worth another try; at the last one, what was known has to do."""
    with pytest.raises(Transient, match="502"):
        await pull(github(_failing("/repos")), "ada", None, last_chance=False)

    before = profile(repositories=(Repository(name="a", full_name="ada/a"),))
    read = await pull(github(_failing("/repos")), "ada", before)
    unknown = await pull(github(_failing("/repos")), "ada", None)

    assert read.repositories == before.repositories
    assert read.sections["repositories"] is Section.kept
    assert (unknown.repositories, unknown.unread[0]) == ((), "repositories")


async def test_private_things_stay_private() -> None:
    """A token that sees more than the public does not make it public."""

    def answer(request: httpx.Request) -> httpx.Response:
        lists: dict[str, list[dict[str, Any]]] = {
            "/users/ada/repos": [
                {"name": "a", "full_name": "ada/a", "private": True},
                {"name": "b", "full_name": "ada/b"},
            ],
            "/users/ada/events/public": [
                {"type": "PushEvent", "public": False, "repo": {"name": "ada/a"}},
                {"type": "PushEvent", "repo": {"name": "ada/b"}},
            ],
        }
        return httpx.Response(200, json=lists.get(request.url.path, []) or USER)

    def answer_orgs(request: httpx.Request) -> httpx.Response:
        is_list = request.url.path.endswith(("/orgs", "/readme"))
        return httpx.Response(200, json=[]) if is_list else answer(request)

    read = await pull(github(answer_orgs), "ada", None)

    assert [one.name for one in read.repositories] == ["b"]
    assert read.activity is not None
    assert read.activity.recent_repos == ("ada/b",)


@settings(deadline=None, max_examples=40)
@given(st.lists(JSON | st.fixed_dictionaries({"name": JSON, "full_name": JSON, "topics": JSON})))
def test_broken_elements_cost_only_themselves(elements: list[Any]) -> None:
    """A list with broken elements gives the whole ones, whatever the broken ones are."""
    whole = {"name": "a", "full_name": "ada/a", "stargazers_count": None, "topics": None}

    found = readable(Repo, [*elements, whole])

    assert found[-1].full_name == "ada/a"
    assert readable(Org, elements) == []
    assert isinstance(readable(PublicEvent, elements), list)
