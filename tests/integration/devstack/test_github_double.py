"""The double of GitHub over HTTP."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from techub_devstack import samples
from techub_devstack.doubles import github
from techub_devstack.doubles.handle import Double
from techub_devstack.doubles.serving import in_thread

TOKEN = {"authorization": "Bearer token"}
PROFILE = """
query($login: String!) { user(login: $login) {
  pinnedItems(first: 6, types: REPOSITORY) { nodes { ... on Repository {
    name stargazerCount primaryLanguage { name } owner { login } } } }
  socialAccounts(first: 10) { nodes { provider url displayName } }
  contributionsCollection { contributionCalendar { weeks { contributionDays { date } } } } } }
"""


@pytest.fixture(scope="module")
def client(running_github_double: Double) -> Iterator[httpx.Client]:
    """A client that knows where GitHub is."""
    with httpx.Client(base_url=running_github_double.url, trust_env=False) as client:
        yield client


def test_a_user_and_his_picture(client: httpx.Client) -> None:
    """The login in any case, GitHub's headers, and an avatar that the double itself serves."""
    answer = client.get(f"/users/{samples.DEFAULT.upper()}")

    assert answer.json()["login"] == samples.DEFAULT
    assert {"x-ratelimit-remaining", "etag", "x-github-request-id"} <= set(answer.headers)
    avatar = client.get(answer.json()["avatar_url"])
    assert (avatar.headers["content-type"], avatar.content[1:4]) == ("image/png", b"PNG")
    faceless = client.get(f"/users/{samples.NO_AVATAR}").json()
    assert client.get(faceless["avatar_url"]).status_code == 404


@pytest.mark.parametrize(("signed", "cost"), [({"authorization": "Bearer a"}, 0), ({}, 1)])
def test_nothing_new_is_304(client: httpx.Client, signed: dict[str, str], cost: int) -> None:
    """A conditional request carries no body and, of somebody who signs, costs no quota."""
    first = client.get(f"/users/{samples.TINY}", headers=signed)
    known = {"if-none-match": first.headers["etag"]}
    again = client.get(f"/users/{samples.TINY}", headers=signed | known)

    assert (again.status_code, again.content) == (304, b"")
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in (first, again)]
    assert left[0] - left[1] == cost


def test_etags_are_a_tokens_own(client: httpx.Client) -> None:
    """What one token got is changed in the eyes of another."""
    first = client.get(f"/users/{samples.TINY}", headers={"authorization": "Bearer a"})
    other = {"authorization": "Bearer b", "if-none-match": first.headers["etag"]}

    assert client.get(f"/users/{samples.TINY}", headers=other).status_code == 200


def test_pages_are_linked(client: httpx.Client) -> None:
    """Following `next` gives every repository once; the links name the account by number."""
    found, url = [], f"/users/{samples.POPULAR}/repos?per_page=10"
    while url:
        page = client.get(url)
        found += [repository["full_name"] for repository in page.json()]
        url = page.links.get("next", {}).get("url", "")
        assert not url or urlsplit(url).path.startswith("/user/")

    assert len(found) == len(set(found)) == 33
    assert client.get(f"/users/{samples.POPULAR}/repos?per_page=100").headers.get("link") is None


def test_sorted_by_push(client: httpx.Client) -> None:
    """`sort=pushed` has the newest first."""
    pushed = [
        r["pushed_at"] for r in client.get(f"/users/{samples.DEFAULT}/repos?sort=pushed").json()
    ]

    assert pushed == sorted(pushed, reverse=True)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/users/nobody-at-all", 404, {"message": "Not Found", "status": "404"}),
        ("/users/nobody-at-all/repos", 404, {"message": "Not Found", "status": "404"}),
        (f"/repos/{samples.TINY}/{samples.TINY}/readme", 404, {"message": "Not Found"}),
        (f"/repos/{samples.TINY}/no-such-thing", 404, {"message": "Not Found"}),
        ("/user", 401, {"message": "Bad credentials"}),
    ],
)
def test_what_is_missing(client: httpx.Client, path: str, status: int, body: object) -> None:
    """Errors in GitHub's words, with a link to its documentation."""
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.json().items() >= dict(body).items()  # type: ignore[call-overload]
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/rest")


def test_a_missing_list_is_empty(client: httpx.Client) -> None:
    """Someone without organisations or events is still someone."""
    for what in ("orgs", "events", "events/public", "social_accounts", "repos"):
        assert client.get(f"/users/{samples.NOT_ELIGIBLE}/{what}").json() == []


def test_repository_readme_and_languages(client: httpx.Client) -> None:
    """The three answers about one repository."""
    readme = client.get(f"/repos/{samples.DEFAULT}/{samples.DEFAULT}/readme").json()

    assert "Juniper" in base64.b64decode(readme["content"]).decode()
    assert client.get(f"/repos/{samples.DEFAULT}/foghorn").json()["stargazers_count"] == 3921
    assert "Rust" in client.get(f"/repos/{samples.DEFAULT}/foghorn/languages").json()


def test_graphql(client: httpx.Client) -> None:
    """What was selected and nothing else; an organisation is not a user; no token, no answer."""
    ask = {"query": PROFILE, "variables": {"login": samples.POPULAR}}
    user = client.post("/graphql", json=ask, headers=TOKEN).json()["data"]["user"]

    assert set(user) == {"pinnedItems", "socialAccounts", "contributionsCollection"}
    assert user["pinnedItems"]["nodes"][0]["name"] == "anvil"
    assert user["socialAccounts"]["nodes"][0]["provider"] == "TWITTER"
    weeks = user["contributionsCollection"]["contributionCalendar"]["weeks"]
    assert sum(len(week["contributionDays"]) for week in weeks) == 371
    ask["variables"] = {"login": samples.ORGANISATION}
    refused = client.post("/graphql", json=ask, headers=TOKEN).json()
    assert (refused["data"], refused["errors"][0]["type"]) == ({"user": None}, "NOT_FOUND")
    assert client.post("/graphql", json=ask).status_code == 401


def test_sign_in(client: httpx.Client) -> None:
    """A code is good once, its token says who; without a login the people are shown."""
    query = {"client_id": "c", "redirect_uri": "http://app/back?x=1", "state": "s"}
    assert "Juniper" in client.get("/login/oauth/authorize", params=query).text
    chosen = {**query, "login": samples.DEFAULT}
    location = client.get("/login/oauth/authorize", params=chosen).headers["location"]
    given = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    accept = {"accept": "application/json"}

    answers = [
        client.post(
            "/login/oauth/access_token", data={"code": given["code"]}, headers=accept
        ).json()
        for _ in range(2)
    ]

    assert (given["state"], given["x"]) == ("s", "1")
    assert answers[1]["error"] == "bad_verification_code"
    token = {"authorization": f"Bearer {answers[0]['access_token']}"}
    assert client.get("/user", headers=token).json()["login"] == samples.DEFAULT
    assert client.get("/user/emails", headers=token).json()[0]["verified"] is True


def test_a_recorded_folder(tmp_path: Path) -> None:
    """Recorded pages are served as they are, whatever size is asked for, with links between."""
    folder = tmp_path / "someone"
    folder.mkdir()
    (folder / "user.json").write_text(json.dumps({"login": "someone", "id": 42}))
    for name, page in (("repos", [{"full_name": "someone/a"}]), ("repos.page2", [])):
        (folder / f"{name}.json").write_text(json.dumps(page))

    with in_thread(github.create_app(tmp_path)) as url:
        double = Double(url)
        first = double.ask("GET", "/users/someone/repos?per_page=100")
        second = double.ask("GET", first.links["next"]["url"].removeprefix(url))

    assert (len(first.json()), second.json()) == (1, [])
    assert second.links["prev"]["url"] == f"{url}/user/42/repos?per_page=100&page=1"
