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
    Submitted,
)
from techub_common.streams import DEAD
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.profile import GitHubProfile
from techub_generator.stages import (
    AVATAR,
    DESCRIPTION,
    ELIGIBILITY,
    PULL,
    SCRAPE,
    STAGES,
    SUBMITTED,
    TRAITS,
)

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
    """A login becomes a card, the avatar fetched while its words are written."""
    event = await road.begin(samples.DEFAULT.upper())
    card = await road.end_of(event)

    assert isinstance(card, CardGenerated)
    assert (card.login, card.avatar) == (samples.DEFAULT, AvatarState.sent)
    assert card.traits is not None
    assert card.provenance is not None
    assert card.provenance.model_dump(exclude_defaults=True) == {
        "provider": "heuristics",
        "fallback_reason": "There is no credential for any model.",
    }
    assert card.degradations == ()
    assert set(card.sections.values()) == {Section.read}
    made = [name for name in STAGES if name not in (DESCRIPTION, SUBMITTED, SCRAPE)]
    assert card.artifacts == {name: f"runs/{event.run_id}/{name}.json" for name in made}
    told = await story(road, event.run_id)
    assert told[:4] == [
        (PULL, "started"),
        (PULL, "completed"),
        (ELIGIBILITY, "started"),
        (ELIGIBILITY, "completed"),
    ]
    assert sorted(told[4:-1]) == sorted(
        [
            (AVATAR, "started"),
            (AVATAR, "completed"),
            ("captured", "avatar"),
            (SUBMITTED, "skipped"),
            (SCRAPE, "skipped"),
            (TRAITS, "started"),
            (TRAITS, "completed"),
        ]
    )
    assert told[-1] == ("ended", "card.generated")
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
    assert set(failure.artifacts) == {PULL}
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
    asked = github_double.requests()
    asked.pop("GET /rate_limit", None)  # costs nothing
    assert max(asked.values()) <= (2 if status == 401 else 1)
    assert (await js.stream_info(DEAD)).state.messages == 1


async def test_unknown_login(road: Any) -> None:
    """A login GitHub does not know fails with a sentence that names it."""
    failure = await road.failure("nobody-at-all")

    assert failure.code == "github_login_unknown"
    assert "'nobody-at-all'" in failure.message


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"status": 403, "headers": AGAIN, "body": {"message": "slow down"}}, []),
        ({"status": 429, "headers": AGAIN}, []),
        ({"status": 503, "headers": AGAIN, "body": "<html>Unicorn!</html>"}, []),
        ({"hang_up": True}, []),
        ({"delay_seconds": 30}, ["retrying", "started"]),
        ({"status": 200, "body": "<html>"}, ["retrying", "started"]),
    ],
    ids=["limited", "limited too", "down", "hangs up", "slow", "not JSON"],
)
async def test_one_bad_moment(
    road: Any, github_double: Double, fault: dict[str, Any], told: list[str]
) -> None:
    """What passes at once is asked again at once; what may pass is tried again, and told."""
    github_double.fail(path_contains=f"{samples.DEFAULT}/repos", times=1, **fault)
    event = await road.begin(samples.DEFAULT)
    card = await road.end_of(event)

    assert isinstance(card, CardGenerated)
    assert card.degradations == ()
    lines = [status for stage, status in await story(road, event.run_id) if stage == PULL]
    assert lines == ["started", *told, "completed"]


async def test_given_up(road: Any, github_double: Double) -> None:
    """A GitHub that stays away is given up at the third try."""
    github_double.fail(502, headers=AGAIN, body={"message": "Server Error"})
    event = await road.begin(samples.DEFAULT)
    failure = await road.end_of(event)

    assert isinstance(failure, CardFailed)
    assert (failure.stage, failure.code) == (PULL, "github_unavailable")
    assert max(github_double.requests().values()) <= 6
    assert (await story(road, event.run_id)).count((PULL, "retrying")) == 2


async def test_repositories_given_up(road: Any, github_double: Double) -> None:
    """Repositories that stay out of reach cost the run its success, not the card its owner."""
    github_double.fail(502, path_contains=f"{samples.DEFAULT}/repos", headers=AGAIN)
    card = await road.card(samples.DEFAULT)

    assert card.sections["repositories"] is Section.kept
    assert [one.stage for one in card.degradations] == [PULL]


async def test_undecided(road: Any, github_double: Double) -> None:
    """Who might be eligible if GitHub had shown more gets a card, and the run is degraded."""
    for path in ("/repos", "/events"):
        github_double.fail(502, path_contains=path, login=samples.NOT_ELIGIBLE, headers=AGAIN)
    card = await road.card(samples.NOT_ELIGIBLE)

    assert [one.stage for one in card.degradations] == [PULL, ELIGIBILITY]


async def test_second_pull_is_free(road: Any, github_double: Double) -> None:
    """With nothing changed only the GraphQL query counts: everything else is answered 304."""
    for login in (samples.DEFAULT, "saltmarsh-collective"):
        before = await road.card(login)
        github_double.reset()
        card = await road.card(
            login,
            known=Known(github=before.artifacts[PULL]),
            options=Options(only_stages=(PULL,)),
        )

        statuses = github_double.statuses()
        assert statuses.count(200) == len(github_double.requests(path_contains="graphql")) == 1
        assert set(statuses) == {200, 304}
        old, new = [
            GitHubProfile.model_validate_json(await road.objects.get(one.artifacts[PULL]))
            for one in (before, card)
        ]
        assert new == old.model_copy(update={"read_at": new.read_at})


async def test_submitted_inputs(road: Any, github_double: Double) -> None:
    """Named repositories are read, wherever one of them leads nowhere; the page is as well."""
    there = f"{samples.DEFAULT}/foghorn"
    github_double.fail(
        200,
        path_contains="/my-page",
        headers={"content-type": "text/html; charset=utf-8"},
        body="<title>Me</title><main>I keep the lamps lit.</main><a href=/x>x</a>",
    )
    card = await road.card(
        samples.DEFAULT,
        submitted=Submitted(
            scrape_url=f"{github_double.url}/my-page", repositories=(there, "no/where")
        ),
    )

    assert card.degradations == ()
    submitted = json.loads(await road.objects.get(card.artifacts[SUBMITTED]))
    assert [one["full_name"] for one in submitted["repositories"]] == [there]
    assert submitted["unread"] == ["no/where"]
    page = json.loads(await road.objects.get(card.artifacts[SCRAPE]))
    assert (page["title"], page["text"]) == ("Me", "I keep the lamps lit.")
    assert page["links"] == [f"{github_double.url}/x"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 500}, "degraded"),
        ({"hang_up": True}, "degraded"),
        ({"status": 200, "headers": {"content-type": "application/pdf"}, "body": "x"}, "skipped"),
    ],
)
async def test_inputs_out_of_reach(
    road: Any, github_double: Double, fault: dict[str, Any], status: str
) -> None:
    """A page or repositories that cannot be read cost themselves; what is no page is skipped."""
    github_double.fail(path_contains="/my-page", **fault)
    event = await road.begin(
        samples.DEFAULT,
        submitted=Submitted(scrape_url=f"{github_double.url}/my-page", repositories=("no/where",)),
    )
    card = await road.end_of(event)

    assert isinstance(card, CardGenerated)
    lost = [SUBMITTED, *([SCRAPE] if status == "degraded" else [])]
    assert [one.stage for one in card.degradations] == lost
    assert (SCRAPE, status) in await story(road, event.run_id)


async def test_preserved_avatar(road: Any, github_double: Double) -> None:
    """An avatar that is to be preserved is not even fetched, unless there is none."""
    options = Options(only_stages=(PULL, AVATAR), preserve_avatar=True)
    kept = await road.card(samples.DEFAULT, options=options, known=Known(avatar="avatars/a.png"))
    assert github_double.requests(path_contains="/avatars") == {}
    sent = await road.card(samples.DEFAULT, options=options)

    assert (kept.avatar, sent.avatar) == (AvatarState.kept, AvatarState.sent)


async def test_mock_keeps_the_words(road: Any) -> None:
    """In mock mode the words there are stay, whatever GitHub says by now."""
    before = await road.card(samples.POPULAR)
    card = await road.card(
        samples.DEFAULT,
        known=Known(card=before.artifacts[TRAITS]),
        options=Options(ai_mode="mock"),
    )

    assert card.traits == before.traits
    assert card.provenance is not None
    assert card.provenance.provider == "mock"


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
