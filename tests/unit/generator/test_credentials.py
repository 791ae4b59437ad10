"""Whose word GitHub is asked with, and what becomes of one it does not take."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from techub_common.errors import Permanent, Transient
from techub_generator.github.app import App
from techub_generator.github.client import GitHub, Keys, github_over, graphql_address
from techub_generator.github.wire import User

BASE = "https://api.github.test"
USER = {"id": 1815, "login": "ada", "type": "User", "created_at": "2012-07-11T20:38:33Z"}
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-resource": "core", "retry-after": "60"}


class Door:
    """A GitHub that answers each bearer as told, and counts who asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: Counter[str] = Counter()
        self.minted = 0
        self.lives = timedelta(hours=1)
        self.refused: set[str] = set()
        self.claims: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        bearer = request.headers.get("authorization", "Bearer nobody").removeprefix("Bearer ")
        if request.url.path.endswith("/access_tokens"):
            return self._mint(bearer)
        self.asked[bearer] += 1
        status, headers = self.answers.get(bearer, (200, {}))
        status = 401 if request.url.path in self.refused else status
        return httpx.Response(status, json=USER if status == 200 else {}, headers=headers)

    def _mint(self, bearer: str) -> httpx.Response:
        if "minting" in self.answers:
            return httpx.Response(self.answers["minting"], json={"message": "No"})
        self.claims.append(jwt.decode(bearer, options={"verify_signature": False}))
        self.minted += 1
        until = datetime.now(UTC) + self.lives
        token = {"token": f"minted{self.minted}", "expires_at": until.isoformat()}
        return httpx.Response(201, json=token)


def github(door: Door, **keys: Any) -> GitHub:
    """Return the GitHub behind a door."""
    http = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(door))
    return github_over(http, Keys(**keys), patience=1)


async def ask(github: GitHub) -> None:
    """Ask it one thing, in a conversation of its own."""
    await github.asking().one("/users/ada", User)


@pytest.fixture(scope="module")
def app() -> App:
    """Give a GitHub App with a key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return App("4711", pem.decode(), 99)


async def test_without_keys_nobody_signs() -> None:
    """Without keys GitHub is asked anonymously, and not by GraphQL."""
    door = Door()
    anonymous = github(door)
    await ask(anonymous)

    assert door.asked == {"nobody": 1}
    assert not anonymous.asking().signed
    with pytest.raises(Permanent):
        await anonymous.asking().graphql("query { x }", {})


async def test_most_quota_left_is_asked() -> None:
    """Every new conversation goes to the token with most quota left."""
    left = {"x-ratelimit-resource": "core"}
    door = Door(
        a=(200, left | {"x-ratelimit-remaining": "900"}),
        b=(200, left | {"x-ratelimit-remaining": "4000"}),
    )
    two = github(door, tokens=("a", "b"))
    for _ in range(4):
        await ask(two)

    assert door.asked == {"a": 1, "b": 3}


async def test_one_conversation_keeps_its_token() -> None:
    """Within a conversation the token stays while it has reserves: ETags are a token's own."""
    left = {"x-ratelimit-resource": "core"}
    door = Door(
        a=(200, left | {"x-ratelimit-remaining": "900"}),
        b=(200, left | {"x-ratelimit-remaining": "4000"}),
    )
    asking = github(door, tokens=("a", "b")).asking()
    for path in ("/users/ada", "/users/b", "/users/c"):
        await asking.one(path, User)

    assert door.asked == {"a": 3}


async def test_spent_tokens_are_passed_over() -> None:
    """A token without quota rests, and the next one asks at once; nobody at last."""
    door = Door(a=(403, SPENT), b=(429, SPENT))
    three = github(door, tokens=("a", "b"))
    await ask(three)
    await ask(three)

    assert door.asked == {"a": 1, "b": 1, "nobody": 2}


async def test_everything_spent() -> None:
    """When all rest, the run waits for the first to wake, and asks nothing in between."""
    door = Door(a=(403, SPENT), nobody=(403, SPENT | {"retry-after": "50"}))
    spent = github(door, tokens=("a",))
    for _ in range(2):
        with pytest.raises(Transient) as raised:
            await ask(spent)
        assert raised.value.code == "github_rate_limited"
        assert 40 < (raised.value.retry_after or 0) <= 50

    assert door.asked == {"a": 1, "nobody": 1}


async def test_secondary_limit_rests_all_of_it() -> None:
    """A secondary limit is the credential's as a whole, GraphQL too; a short one is waited out."""
    slow = {"retry-after": "30", "x-ratelimit-remaining": "4000"}
    door = Door(a=(403, slow))
    limited = github(door, tokens=("a",))
    await ask(limited)
    with pytest.raises(Transient):
        await limited.asking().graphql("query { x }", {})

    assert door.asked == {"a": 1, "nobody": 1}


async def test_refused_token() -> None:
    """A token GitHub does not accept is not tried again soon; the others do."""
    door = Door(a=(401, {}))
    two = github(door, tokens=("a", "b"))
    await ask(two)
    await ask(two)

    assert door.asked == {"a": 2, "b": 2}  # asked for itself before it is given up


async def test_one_refusal_is_not_the_tokens_fault() -> None:
    """A token that is good is not given up because one request was answered 401."""
    door = Door(a=(200, {}))
    door.refused.add("/users/secret")
    one = github(door, tokens=("a",))
    with pytest.raises(Permanent) as raised:
        await one.asking().one("/users/secret", User)
    await ask(one)

    assert raised.value.code == "github_unauthorized"
    assert door.asked == {"a": 3}


async def test_nobody_is_accepted() -> None:
    """When none is accepted, that is ours to mend, and no repetition helps."""
    door = Door(a=(401, {}), nobody=(401, {}))
    with pytest.raises(Permanent) as raised:
        await ask(github(door, tokens=("a",)))

    assert raised.value.code == "github_unauthorized"


async def test_app_token_is_minted_once(app: App) -> None:
    """The app comes first; its token is minted once for many conversations."""
    door = Door()
    installed = github(door, tokens=("a",), app=app)
    for _ in range(3):
        await ask(installed)

    assert (door.minted, door.asked) == (1, {"minted1": 3})
    [claims] = door.claims
    assert claims["iss"] == "4711"
    assert 0 < claims["exp"] - claims["iat"] <= 600


async def test_app_token_near_its_end(app: App) -> None:
    """A token about to expire is minted anew before it does."""
    door = Door()
    door.lives = timedelta(minutes=4)
    installed = github(door, app=app)
    await ask(installed)
    await ask(installed)

    assert door.asked == {"minted1": 1, "minted2": 1}


async def test_app_token_withdrawn(app: App) -> None:
    """A token that is refused is replaced once; an app that stays refused leaves it to others."""
    door = Door(minted1=(401, {}))
    await ask(github(door, app=app, tokens=("a",)))
    assert door.asked == {"minted1": 1, "minted2": 1}

    door = Door(minted1=(401, {}), minted2=(401, {}))
    await ask(github(door, app=app, tokens=("a",)))
    assert door.asked == {"minted1": 1, "minted2": 2, "a": 1}


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
async def test_app_cannot_mint(app: App, status: int) -> None:
    """Without a token for the app the personal tokens do."""
    door = Door(minting=status)
    await ask(github(door, app=app, tokens=("a",)))

    assert door.asked == {"a": 1}


async def test_bad_moments_are_asked_twice() -> None:
    """A 502 is asked again at once, once; what GitHub says about the wait is respected."""
    door = Door(nobody=(502, {"retry-after": "0"}))
    with pytest.raises(Transient):
        await ask(github(door))
    assert door.asked == {"nobody": 2}

    door = Door(nobody=(503, {"retry-after": "20"}))
    with pytest.raises(Transient) as raised:
        await ask(github(door))
    assert (door.asked, raised.value.retry_after) == ({"nobody": 1}, 20)


async def test_no_secret_is_kept() -> None:
    """What a conversation leaves for the next names no token."""
    secret = "ghp_" + "s" * 36
    asking = github(Door(), tokens=(secret,)).asking()
    await asking.one("/users/ada", User)

    kept = json.dumps({path: one.model_dump() for path, one in asking.answers.items()})
    assert secret not in kept
    assert asking.answers["/users/ada"].by != ""


@pytest.mark.parametrize(
    ("rest", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://git.example.org/api/v3/", "https://git.example.org/api/graphql"),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/graphql"),
    ],
)
def test_where_graphql_is(rest: str, graphql: str) -> None:
    """An Enterprise server has GraphQL beside REST, not below it."""
    assert graphql_address(httpx.URL(rest)) == graphql
