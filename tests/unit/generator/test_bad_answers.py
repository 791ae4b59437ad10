"""Whatever GitHub answers becomes a profile or a foreseen error, and never something else."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techub_common.errors import Transient
from techub_generator.eligibility import evaluate
from techub_generator.github.client import Keys, github_over
from techub_generator.github.contributions import contributions_of
from techub_generator.github.graph import graph_of
from techub_generator.github.pull import pull
from techub_generator.heuristics import traits_of
from techub_generator.profile import GitHubProfile
from techub_generator.prose import LONGEST_DOCUMENT, paragraphs
from tests.unit.linear import FAR_TOO_LONG, filled

BASE = "https://api.github.test"
USER = {"id": 1815, "login": "ada", "type": "User", "created_at": "2012-07-11T20:38:33Z"}
BIDI = "\u202eevil\u2066 \x00\x07\x1b[31m\ufeffname\ud800"
LONG = "a" * 39

TEXT = st.text(max_size=30) | st.sampled_from([BIDI, LONG, "dependabot[bot]", "", " ", "x" * 3000])
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MOMENT = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()) | st.sampled_from(
    ["2012-07-11T20:38:33Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
)


def shaped(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects of a shape in which anything may be missing, null or of the wrong type."""
    loose = {name: kind | JSON for name, kind in {**required, **optional}.items()}
    return st.fixed_dictionaries({}, optional={**loose, "unknown_field": JSON})


NAME = st.text("abcXYZ019-_.", min_size=1, max_size=100)
REPO = shaped(
    {"name": NAME, "full_name": NAME.map(lambda name: f"ada/{name}")},
    {
        "private": st.booleans(),
        "description": TEXT,
        "stargazers_count": st.integers(),
        "language": TEXT,
        "topics": st.lists(TEXT, max_size=4),
        "fork": st.booleans(),
        "archived": st.booleans(),
        "pushed_at": MOMENT,
        "created_at": MOMENT,
    },
)
ORG = shaped({"id": st.integers(), "login": TEXT}, {"description": TEXT})
OLD_PUSH = st.just({"push_id": 1, "size": 2, "commits": [{"sha": "a", "message": "b"}]})
NEW_PUSH = st.just({"repository_id": 1, "push_id": 2, "ref": "refs/heads/main", "head": "a"})
EVENT = shaped(
    {"type": st.sampled_from(["PushEvent", "SponsorshipEvent", "NeverHeardOfEvent"])},
    {
        "repo": st.fixed_dictionaries({"name": NAME.map(lambda name: f"ada/{name}")}),
        "payload": OLD_PUSH | NEW_PUSH,
        "public": st.booleans(),
        "created_at": MOMENT,
    },
)
ACCOUNT = shaped(
    {},
    {
        "name": TEXT,
        "bio": TEXT,
        "company": TEXT,
        "blog": TEXT,
        "hireable": st.booleans(),
        "followers": st.integers(),
        "avatar_url": TEXT,
        "updated_at": MOMENT,
    },
)
DAYS = st.lists(shaped({"date": st.dates().map(str)}, {"contributionCount": st.integers()}))
CALENDAR = shaped({}, {"weeks": st.lists(shaped({}, {"contributionDays": DAYS}))})
SOCIAL = shaped({}, {"provider": TEXT, "url": TEXT})
OWNER = shaped(
    {},
    {
        "__typename": st.sampled_from(["User", "Organization"]),
        "databaseId": st.just(1815),
        "pinnedItems": shaped({}, {"nodes": st.lists(JSON)}),
        "socialAccounts": shaped(
            {}, {"nodes": st.lists(shaped({}, {"provider": TEXT, "url": TEXT}))}
        ),
        "repositories": shaped({}, {"nodes": st.lists(JSON)}),
        "contributionsCollection": shaped({}, {"contributionCalendar": CALENDAR}),
    },
)
GRAPH = shaped(
    {},
    {
        "data": shaped({}, {"repositoryOwner": OWNER}),
        "errors": st.lists(shaped({}, {"path": st.lists(TEXT), "type": TEXT})),
    },
)


def answering(**bodies: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Return a GitHub that answers with these bodies."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/readme"):
            return httpx.Response(200, content=bodies.get("readme", b""))
        ends = {"/repos": "repos", "/orgs": "orgs", "/public": "events", "/graphql": "graph"}
        name = next((name for end, name in ends.items() if path.endswith(end)), "user")
        if path.startswith("/repos/"):
            return httpx.Response(404)
        body = bodies.get(name, [] if name in ("repos", "orgs", "events") else {})
        return httpx.Response(200, content=json.dumps(body).encode())

    return answer


async def pulled(**bodies: Any) -> GitHubProfile:
    """Pull from a GitHub with these bodies."""
    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(answering(**bodies)))
    async with http:
        return await pull(github_over(http, Keys(tokens=("a",)), patience=5), "ada", None)


@settings(deadline=None, max_examples=25)
@given(
    account=ACCOUNT,
    repos=st.lists(REPO, max_size=4),
    orgs=st.lists(ORG | JSON, max_size=3),
    events=st.lists(EVENT | JSON, max_size=5),
    graph=GRAPH,
    readme=st.binary(max_size=200),
)
async def test_any_account_becomes_a_profile(
    account: Any, repos: Any, orgs: Any, events: Any, graph: Any, readme: bytes
) -> None:
    """Broken parts cost themselves; what comes out can be stored, judged and written about."""
    user = {**account, **USER}
    read = await pulled(
        user=user, repos=repos, orgs=orgs, events=events, graph=graph, readme=readme
    )

    assert GitHubProfile.model_validate_json(read.model_dump_json()) == read
    assert evaluate(read, 3).threshold == 3
    assert traits_of(read).title
    text = read.model_dump_json()
    assert not set(text) & {"\x00", "\u202e", "\u2066", "\ufeff"}
    assert "\\u0000" not in text
    assert all(not one.full_name.startswith(" ") for one in read.repositories)


@settings(deadline=None, max_examples=20)
@given(user=JSON | ACCOUNT, lists=JSON)
async def test_nonsense_is_foreseen(user: Any, lists: Any) -> None:
    """An account or a list that is nothing of the kind is a GitHub that is not available."""
    with suppress(Transient):
        await pulled(user=user, repos=lists, orgs=lists, events=lists, graph=lists)


@settings(deadline=None, max_examples=40)
@given(GRAPH | JSON.filter(lambda one: isinstance(one, dict)))
def test_any_graph(document: Any) -> None:
    """Whatever GraphQL says, each section is there or not."""
    graph = graph_of(document)

    assert graph.contributions is None or graph.contributions.total >= 0
    assert all(one.provider == one.provider.upper() for one in graph.social_accounts or ())


@pytest.mark.parametrize(
    ("counts", "current", "longest", "weeks"),
    [
        ([], 0, 0, 0),
        ([0] * 14, 0, 0, 0),
        ([1] * 14, 14, 14, 3),
        ([1, 1, 1, 0, 1, 1, 0], 2, 3, 2),
        ([1, 1, 1, 0, 1, 0, 0], 0, 3, 1),
        ([0, 0, 0, 0, 0, 0, 1], 1, 1, 1),
    ],
)
def test_streaks(counts: list[int], current: int, longest: int, weeks: int) -> None:
    """A day without contributions ends a streak, unless it is today, which is not over."""
    days = [
        {"date": f"2026-11-{day:02}", "contributionCount": count}
        for day, count in enumerate(counts, start=11)
    ]
    read = contributions_of({"contributionCalendar": {"weeks": [{"contributionDays": days}]}})

    assert (read.current_streak, read.longest_streak, read.active_weeks) == (
        current,
        longest,
        weeks,
    )


def test_every_day() -> None:
    """Each day of the window has its count, also one that GitHub left out."""
    weeks = [
        {"contributionDays": [{"date": "2026-11-11", "contributionCount": 2}]},
        {"contributionDays": [{"date": "2026-11-14", "contributionCount": 1}]},
    ]
    read = contributions_of({"contributionCalendar": {"weeks": weeks}})

    assert (read.first_day, read.days) == (date(2026, 11, 11), (2, 0, 0, 1))


def test_a_calendar_from_the_year_one() -> None:
    """No more days are kept than the window has, whatever the first one is said to be."""
    days = [{"date": day, "contributionCount": 1} for day in ("0001-01-01", "2026-11-14")]
    long = contributions_of({"contributionCalendar": {"weeks": [{"contributionDays": days}]}})
    short = contributions_of({"contributionCalendar": {"weeks": [{"contributionDays": days[:1]}]}})

    assert (len(long.days), long.days[-1]) == (long.window_days + 1, 1)
    assert (short.first_day, short.days) == (date(1, 1, 1), (1,))


async def test_sections_graphql_refuses() -> None:
    """A section with an error is unread, one that is null without an error is cleared."""
    read = await pulled(
        user=USER,
        graph={
            "data": {
                "repositoryOwner": {
                    "__typename": "User",
                    "databaseId": 1815,
                    "pinnedItems": None,
                    "contributionsCollection": None,
                    "socialAccounts": {"nodes": []},
                    "repositories": {"nodes": []},
                }
            },
            "errors": [{"path": ["repositoryOwner", "contributionsCollection"], "message": "no"}],
        },
    )

    assert read.unread == ("contributions",)
    assert (read.sections["pinned"], read.sections["contributions"]) == ("cleared", "kept")


@pytest.mark.parametrize(
    "piece", ["word ", "a.", "a-", "eyJ-", "a@b.c-", "[![](", "\n", "\r\n", " \n", "\u202e", "é"]
)
async def test_large_readme(piece: str) -> None:
    """Two megabytes of whatever shape become text of a bearable length, and that at once."""
    readme = filled(piece, 2_000_000)
    began = time.process_time()
    large = await pulled(user=USER, readme=readme.encode())

    assert time.process_time() - began < FAR_TOO_LONG
    assert len(large.readme or "") <= LONGEST_DOCUMENT


async def test_large_and_broken_readme() -> None:
    """Two megabytes, or bytes that are no UTF-8, become text of a bearable length."""
    large = await pulled(user=USER, readme=b"word " * 400_000)
    broken = await pulled(user=USER, readme="Grüße\r\n\r\n\r\n\r\nan alle".encode("latin-1"))

    assert large.readme is not None
    assert len(large.readme) <= LONGEST_DOCUMENT
    assert broken.readme == "Gr\ufffd\ufffde\n\nan alle"


def test_paragraphs_mask() -> None:
    """Addresses and keys in a document are masked as they are everywhere."""
    said = paragraphs(f"Mail ada@example.org\n\n\n\nkey ghp_{'x' * 36}")

    assert said == "Mail [address]\n\nkey [secret]"


async def test_names_of_every_kind() -> None:
    """Long logins, bots, and every letter a repository's name may have."""
    name = "._-aZ09" * 14
    for login in (LONG, "dependabot[bot]"):
        repo = {"name": name, "full_name": f"{login}/{name}"}
        read = await pulled(user={**USER, "login": login}, repos=[repo])
        assert (read.login, read.repositories[0].name) == (login, name)


def test_moments_out_of_range() -> None:
    """Years no database takes are no moments."""
    graph = graph_of(
        {
            "data": {
                "repositoryOwner": {
                    "pinnedItems": {
                        "nodes": [
                            {"name": "a", "nameWithOwner": "a/a", "pushedAt": said}
                            for said in ("0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z")
                        ]
                    }
                }
            }
        }
    )

    assert [one.pushed_at for one in graph.pinned or ()] == [None, datetime(2026, 1, 1, tzinfo=UTC)]
