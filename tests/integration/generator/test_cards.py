"""From `pipeline.started` to `card.generated`, over a real road and GitHub's double."""

import json
from typing import Any

import pytest
from nats.js import JetStreamContext

from techub_common.events import (
    AssetCaptured,
    AvatarState,
    CardFailed,
    CardGenerated,
    Degradation,
    Known,
    Options,
    Policy,
    Section,
    StageRecorded,
)
from techub_common.streams import DEAD
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.profile import GitHubProfile
from techub_generator.stages import AVATAR, ELIGIBILITY, PULL, STAGES, TRAITS

AGAIN = {"Retry-After": "0"}


async def story(road: Any, run_id: Any) -> list[tuple[str, str]]:
    """Return the run's lines, avatar and end in the order they were told."""
    told = []
    for event in await road.told(run_id):
        match event:
            case StageRecorded():
                told.append((event.stage, str(event.status)))
            case AssetCaptured():
                told.append(("captured", event.kind))
            case CardGenerated() | CardFailed():
                told.append(("ended", event.subject))
    return told


async def test_a_card(road: Any, github_double: Double) -> None:
    """A login becomes a card, with the avatar on its way before the later stages begin."""
    event = await road.begin(samples.DEFAULT.upper())
    card = await road.end_of(event)

    assert isinstance(card, CardGenerated)
    assert (card.login, card.avatar) == (samples.DEFAULT, AvatarState.sent)
    assert card.traits is not None
    assert card.provenance is not None
    assert card.provenance.model_dump(exclude_defaults=True) == {"provider": "heuristics"}
    assert card.degradations == ()
    assert set(card.sections.values()) == {Section.read}
    assert card.artifacts == {name: f"runs/{event.run_id}/{name}.json" for name in STAGES}
    assert await story(road, event.run_id) == [
        (PULL, "started"),
        (PULL, "completed"),
        (AVATAR, "started"),
        (AVATAR, "completed"),
        ("captured", "avatar"),
        (ELIGIBILITY, "started"),
        (ELIGIBILITY, "completed"),
        (TRAITS, "started"),
        (TRAITS, "completed"),
        ("ended", "card.generated"),
    ]
    assert set(github_double.requests().values()) == {1}


async def test_artifacts(road: Any) -> None:
    """Every stage leaves its result where the card says, GitHub's as the profile that it is."""
    card = await road.card(samples.POPULAR)
    kept = {name: json.loads(await road.objects.get(key)) for name, key in card.artifacts.items()}
    profile = GitHubProfile.model_validate(kept[PULL])

    assert (profile.id, profile.login) == (card.github_id, card.login)
    assert kept[PULL]["total_stars"] == profile.total_stars > 0
    assert kept[PULL]["summary"] == profile.summary
    assert len(kept[PULL]["top_repositories"]) == 5
    assert kept[TRAITS]["traits"] == card.model_dump(mode="json")["traits"]
    assert kept[ELIGIBILITY]["eligible"] is True
    assert all(one["recorded"]["status"] == "completed" for one in kept.values())


async def test_the_avatar(road: Any) -> None:
    """The avatar lies where its event says, under a name made of what it is."""
    event = await road.begin(samples.DEFAULT)
    await road.end_of(event)
    [avatar] = [one for one in await road.told(event.run_id) if isinstance(one, AssetCaptured)]

    assert avatar.object_key == f"runs/{event.run_id}/captures/avatar-{avatar.sha256[:12]}.png"
    assert len(await road.objects.get(avatar.object_key)) == avatar.bytes
    assert (avatar.mime, avatar.width > 0, avatar.height > 0) == ("image/png", True, True)


@pytest.mark.parametrize("login", samples.ELIGIBLE)
async def test_everybody(road: Any, login: str) -> None:
    """Every sample who may have a card gets one: tiny, unicode, without avatar, organisation."""
    card = await road.card(login)

    assert card.traits is not None
    assert card.degradations == ()
    assert card.avatar is (AvatarState.absent if login == samples.NO_AVATAR else AvatarState.sent)


async def test_not_eligible(road: Any) -> None:
    """Who is not eligible learns why and what to do, and what GitHub said is not lost."""
    event = await road.begin(samples.NOT_ELIGIBLE)
    failure = await road.end_of(event)

    assert isinstance(failure, CardFailed)
    assert (failure.stage, failure.code) == (ELIGIBILITY, "not_eligible")
    assert failure.github_id is not None
    assert set(failure.artifacts) == {PULL, AVATAR}
    assert (failure.detail["score"], failure.detail["threshold"]) == (0, 3)
    assert all(one["advice"] for one in failure.detail["signals"].values())
    assert (ELIGIBILITY, "failed") in await story(road, event.run_id)


async def test_eligibility_switched_off(road: Any) -> None:
    """With the gate switched off everybody gets a card, and the story says so."""
    event = await road.begin(
        samples.NOT_ELIGIBLE, policy=Policy(require_eligibility=False, ai_text=False)
    )

    assert isinstance(await road.end_of(event), CardGenerated)
    assert (ELIGIBILITY, "skipped") in await story(road, event.run_id)


async def test_stages_left_out(road: Any, github_double: Double) -> None:
    """A run of some stages takes the rest from what is known, and asks GitHub nothing."""
    before = await road.card(samples.DEFAULT)
    github_double.reset()
    card = await road.card(
        samples.DEFAULT,
        known=Known(github=before.artifacts[PULL]),
        options=Options(only_stages=(TRAITS,)),
    )

    assert card.traits == before.traits
    assert set(card.artifacts) == {TRAITS}
    assert card.sections == {}
    assert github_double.requests() == {}


async def test_nothing_known(road: Any) -> None:
    """Without GitHub and without anything known there is nothing to make a card of."""
    failure = await road.failure(samples.DEFAULT, options=Options(skip_stages=(PULL,)))

    assert (failure.stage, failure.code) == (PULL, "nothing_known")


async def test_traits_left_out(road: Any) -> None:
    """A run may bring GitHub's data alone."""
    card = await road.card(samples.DEFAULT, options=Options(only_stages=(PULL,)))

    assert (card.traits, card.provenance) == (None, None)
    assert set(card.artifacts) == {PULL}


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "github_login_unknown"), (401, "github_unauthorized"), (451, "github_blocked")],
)
async def test_refused_for_good(
    road: Any, js: JetStreamContext, github_double: Double, status: int, code: str
) -> None:
    """What no repetition can help ends the run at once, with a dead letter to look at."""
    github_double.fail(status, body={"message": "No"})
    failure = await road.failure(samples.DEFAULT)

    assert (failure.stage, failure.code, failure.github_id) == (PULL, code, None)
    assert sum(github_double.requests().values()) == 1
    assert (await js.stream_info(DEAD)).state.messages == 1


async def test_unknown_login(road: Any) -> None:
    """A login GitHub does not know fails with a sentence that names it."""
    failure = await road.failure("nobody-at-all")

    assert failure.code == "github_login_unknown"
    assert "'nobody-at-all'" in failure.message


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "headers": {"Retry-After": "0"}, "body": {"message": "slow down"}},
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 503, "headers": AGAIN, "body": "<html>Unicorn!</html>"},
        {"hang_up": True},
        {"delay_seconds": 30},
        {"status": 200, "body": "<html>"},
    ],
    ids=["limited", "limited too", "down", "hangs up", "slow", "not JSON"],
)
async def test_one_bad_moment(road: Any, github_double: Double, fault: dict[str, Any]) -> None:
    """What may pass is tried again, and the story says so."""
    github_double.fail(path_contains="/repos", times=1, **fault)
    event = await road.begin(samples.DEFAULT)
    card = await road.end_of(event)

    assert isinstance(card, CardGenerated)
    assert card.degradations == ()
    assert (await story(road, event.run_id))[:4] == [
        (PULL, "started"),
        (PULL, "retrying"),
        (PULL, "started"),
        (PULL, "completed"),
    ]


async def test_given_up(road: Any, github_double: Double) -> None:
    """A GitHub that stays away is given up at the third try."""
    github_double.fail(502, headers=AGAIN, body={"message": "Server Error"})
    event = await road.begin(samples.DEFAULT)
    failure = await road.end_of(event)

    assert isinstance(failure, CardFailed)
    assert (failure.stage, failure.code) == (PULL, "github_unavailable")
    assert sum(github_double.requests().values()) == 3
    assert (await story(road, event.run_id)).count((PULL, "retrying")) == 2


async def test_sections_are_kept(road: Any, github_double: Double) -> None:
    """Organisations and events that cannot be read stay as they were, and the run is degraded."""
    before = await road.card(samples.DEFAULT)
    github_double.fail(500, path_contains="/orgs")
    github_double.fail(path_contains="/events", hang_up=True)
    card = await road.card(samples.DEFAULT, known=Known(github=before.artifacts[PULL]))

    assert card.sections["organizations"] is card.sections["activity"] is Section.kept
    assert [one.stage for one in card.degradations] == [PULL]
    assert card.traits == before.traits
    old, new = [json.loads(await road.objects.get(one.artifacts[PULL])) for one in (before, card)]
    assert old["organizations"] == new["organizations"] != []
    assert old["activity"] == new["activity"]


async def test_sections_never_known(road: Any, github_double: Double) -> None:
    """What was never read is null, not empty, and the known artifact may be gone."""
    github_double.fail(500, path_contains="/orgs")
    card = await road.card(samples.DEFAULT, known=Known(github="runs/gone/pull_github_data.json"))

    assert json.loads(await road.objects.get(card.artifacts[PULL]))["organizations"] is None


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"hang_up": True},
        {"status": 200, "body": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
        {"status": 200, "body": "x" * 2_000_001},
        {"status": 302, "headers": {"location": "http://127.0.0.1:1/a.png"}},
        {"status": 302, "headers": {"location": "file:///etc/passwd"}},
        {"status": 302, "headers": {"location": "/avatars/juniper-fogwhistle?again"}},
        {"status": 200, "headers": {"content-encoding": "gzip"}, "body": "x"},
    ],
    ids=["500", "hang-up", "svg", "large", "inside", "file", "circle", "bomb"],
)
async def test_avatar_out_of_reach(road: Any, github_double: Double, fault: dict[str, Any]) -> None:
    """An avatar that cannot be had costs the avatar, never the card."""
    github_double.fail(path_contains="/avatars", **fault)
    card = await road.card(samples.DEFAULT)

    assert card.avatar is AvatarState.failed
    assert [one.stage for one in card.degradations] == [AVATAR]
    assert isinstance(card.degradations[0], Degradation)
    assert "127.0.0.1" not in card.degradations[0].reason
    assert card.traits is not None


async def test_avatar_redirected(road: Any, github_double: Double) -> None:
    """A redirect to an allowed place is followed."""
    there = {"location": "/avatars/juniper-fogwhistle?v=5"}
    github_double.fail(302, path_contains="/avatars", times=2, headers=there)

    assert (await road.card(samples.DEFAULT)).avatar is AvatarState.sent
    assert sum(github_double.requests(path_contains="/avatars").values()) == 3
