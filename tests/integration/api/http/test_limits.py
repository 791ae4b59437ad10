"""How often: per person, per address, per profile; counted in rows, so that replicas agree."""

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update

from techub_api.accounts.actions import user_with_login
from techub_api.accounts.tables import User
from techub_api.limits.buckets import Limit, address_of, take
from techub_api.limits.tables import Bucket
from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction
from techub_common.errors import Permanent
from tests.integration.api.http.conftest import ended_runs, program_at, token_of, with_settings

LIMIT = Limit("test", 3, timedelta(minutes=3))


async def taken(resources: Resources, limit: Limit = LIMIT, whose: str = "ada") -> int:
    """Count one and return 0, or after how many seconds there is room."""
    try:
        await take(resources.sessions, [limit.of(whose)])
    except Permanent as error:
        return int(error.detail["retry_after"])
    return 0


async def age(resources: Resources, by: timedelta) -> None:
    """Let time pass for the buckets."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Bucket).values(empty_at=Bucket.empty_at - by))


async def test_a_bucket(resources: Resources) -> None:
    """So many at once, then one for each share of the time that has passed; others' are others'."""
    at_once = [await taken(resources) for _ in range(4)]
    other = await taken(resources, whose="bob")
    await age(resources, timedelta(seconds=61))
    later = [await taken(resources) for _ in range(2)]

    assert at_once[:3] == [0, 0, 0]
    assert 55 <= at_once[3] <= 60
    assert other == 0
    assert later[0] == 0
    assert 55 <= later[1] <= 60


async def test_all_at_once(resources: Resources) -> None:
    """Of many who ask at the same moment exactly as many get through as there is room for."""
    answers = await asyncio.gather(*(taken(resources) for _ in range(9)))

    assert sum(wait == 0 for wait in answers) == 3


async def test_no_limit(resources: Resources) -> None:
    """A limit of nothing holds nobody up and keeps nothing."""
    assert {await taken(resources, Limit("x", 0, timedelta(hours=1))) for _ in range(5)} == {0}
    async with transaction(resources.sessions) as session:
        assert (await session.scalars(select(Bucket.key))).all() == []


async def test_empty_buckets_go(resources: Resources) -> None:
    """What is empty again is dropped by whoever comes next."""
    await taken(resources)
    await age(resources, timedelta(minutes=10))
    await taken(resources, whose="bob")
    async with transaction(resources.sessions) as session:
        assert (await session.scalars(select(Bucket.key))).all() == ["test:bob"]


def test_addresses() -> None:
    """An address is not kept as it is; an IPv6 network of one household counts as one."""
    kept = {host: address_of("s" * 32, host) for host in ("192.0.2.1", "192.0.2.2", "testclient")}
    one, same, other = (address_of("s" * 32, f"2001:db8:0:{n}") for n in ("1::1", "1::2", "2::1"))

    assert len(set(kept.values())) == 3
    assert not any(host in value for host, value in kept.items())
    assert one == same != other
    assert address_of("t" * 32, "192.0.2.1") != kept["192.0.2.1"]


async def test_submissions_of_a_person(resources: Resources) -> None:
    """Who has submitted enough gets a problem that says when to come back, wherever they are."""
    limited = with_settings(resources, submissions_per_hour=2)
    token = await token_of(limited, "ada")
    answers = []
    for number in range(3):
        async with program_at(limited, token, host=f"192.0.2.{number}") as client:
            answers.append(await client.post("/api/v1/profiles", json={"login": f"p{number}"}))

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    refused = answers[2]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:techub:problem:too_many_requests"
    assert 1700 <= int(refused.headers["retry-after"]) <= 1800
    async with transaction(resources.sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Run)) == 2


async def test_submissions_of_an_address(resources: Resources) -> None:
    """Several people behind one address have three times as many together."""
    limited = with_settings(resources, submissions_per_hour=1)
    codes = []
    for number in range(4):
        async with program_at(limited, await token_of(limited, f"person-{number}")) as client:
            answer = await client.post("/api/v1/profiles", json={"login": f"p{number}"})
            codes.append(answer.status_code)

    assert codes == [202, 202, 202, 429]


async def test_submissions_of_a_profile(resources: Resources) -> None:
    """One profile is not dealt over and over, whoever asks; an open run is joined uncounted."""
    limited = with_settings(resources, submissions_per_hour=2)
    codes = []
    for number, login in enumerate(["pip", "PIP", "Pip"]):
        token = await token_of(limited, f"person-{number}")
        async with program_at(limited, token, host=f"192.0.2.{number}") as client:
            answer = await client.post("/api/v1/profiles", json={"login": login})
            codes.append(answer.status_code)
        if number:
            await ended_runs(resources)
    async with transaction(resources.sessions) as session:
        runs = await session.scalar(select(func.count()).select_from(Run))

    assert codes == [202, 200, 429]
    assert runs == 1


async def test_what_strangers_are_refused(resources: Resources) -> None:
    """Whoever may not deal a profile cannot use up what its owner may."""
    limited = with_settings(resources, submissions_per_hour=2)
    async with transaction(resources.sessions) as session:
        owner = await user_with_login(session, "pip")
        profile = Profile(login="pip", display_login="pip")
        session.add(profile)
        await session.flush()
        session.add(Ownership(profile_id=profile.id, user_id=owner.id, role="owner"))
    async with program_at(limited, await token_of(limited, "eve"), host="192.0.2.1") as eve:
        refused = [
            (await eve.post(path, json=body)).status_code
            for path, body in (
                ("/api/v1/profiles", {"login": "pip"}),
                ("/api/v1/profiles/pip/runs", {}),
                ("/api/v1/profiles", {"login": "pip"}),
            )
        ]
    async with program_at(limited, await token_of(limited, "pip"), host="192.0.2.2") as pip:
        answer = await pip.post("/api/v1/profiles", json={"login": "pip"})

    assert refused == [403, 403, 429]
    assert answer.status_code == 202


async def test_what_follows_a_refusal(resources: Resources) -> None:
    """After the first bucket that is full no other is filled."""
    first, other = (Limit(name, 1, timedelta(minutes=3)) for name in ("first", "then"))
    await taken(resources, first)
    with pytest.raises(Permanent):
        await take(resources.sessions, [other.of("ada"), first.of("ada")])

    assert await taken(resources, other) == 0


@pytest.mark.parametrize(("trusted", "expected"), [("", [202, 429]), ("192.0.2.0/24", [202, 202])])
async def test_who_is_behind_a_proxy(
    resources: Resources, trusted: str, expected: list[int]
) -> None:
    """X-Forwarded-For counts when a proxy of ours says it, and from nobody else."""
    limited = with_settings(resources, submissions_per_hour=1, trusted_proxies=trusted)
    for number in range(2):  # use up two of the three of this address
        async with program_at(limited, await token_of(limited, f"q{number}")) as client:
            await client.post("/api/v1/profiles", json={"login": f"q{number}"})
    codes = []
    for number in range(2):
        token = await token_of(limited, f"person-{number}")
        async with program_at(limited, token) as client:
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            body = {"login": f"p{number}"}
            answer = await client.post("/api/v1/profiles", json=body, headers=headers)
            codes.append(answer.status_code)

    assert codes == expected


async def test_the_last_place_under_the_cap(resources: Resources) -> None:
    """Of many submissions of one person at once, as many are taken as the cap allows."""
    limited = with_settings(resources, profile_ownership_cap=2, submissions_per_hour=0)
    async with program_at(limited, await token_of(limited, "ada")) as client:
        answers = await asyncio.gather(
            *(client.post("/api/v1/profiles", json={"login": f"p{n}"}) for n in range(5))
        )

    assert sorted(answer.status_code for answer in answers) == [202, 202, 403, 403, 403]
    async with transaction(resources.sessions) as session:
        held = select(func.count()).select_from(Ownership).join(User)
        assert await session.scalar(held.where(User.login == "ada")) == 2


async def test_looking_up(stranger: AsyncClient, resources: Resources) -> None:
    """Logins are looked up as fast as one types, and no faster."""
    first = await stranger.get("/api/v1/logins/pip")
    await age(resources, -timedelta(seconds=119))
    second = await stranger.get("/api/v1/logins/pip")

    assert (first.status_code, second.status_code) == (200, 429)
    assert 50 <= int(second.headers["retry-after"]) <= 60
