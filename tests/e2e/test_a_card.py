"""A login goes in; a card, its pictures and one mail come out."""

import io
import json

import httpx
import pytest
from PIL import Image

from techub_devstack import samples
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person, mails_to, steps_of

STAGES = {
    "pull_github_data",
    "download_github_avatar",
    "evaluate_eligibility",
    "generate_ai_profile",
}
SIZES = {"og": (1200, 630), "card": (1280, 720), "simple": (1280, 720)}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, object]]:
    """Give a place where this module's tests keep finished runs."""
    return {}


async def test_a_sample_becomes_pictures_and_one_mail(person: Person) -> None:
    """The run is a success, every stage is done, and the owner is told once."""
    run = await person.finished(samples.DEFAULT)

    assert run["status"] == "success", run
    assert run["degradations"] == []
    steps = steps_of(run)
    assert {name: steps[name] for name in STAGES} == dict.fromkeys(STAGES, "completed")
    assert {step.partition(":")[2] for step in steps if step.startswith("optimize:")} == {
        "avatar",
        *SIZES,
    }
    [mail] = await person.mails()
    assert samples.DEFAULT in mail["subject"]


async def test_the_files_are_what_they_say(person: Person) -> None:
    """Every picture is in the store, decodes, has its size, and says what it was made from."""
    run = await person.finished(samples.POPULAR)

    for picture in run["pictures"]:
        answer = await person.http.get(picture["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == picture["mime"]
        assert len(answer.content) == picture["bytes"]
        with Image.open(io.BytesIO(answer.content)) as image:
            image.load()
            assert image.size == (picture["width"], picture["height"])
            width, height = SIZES[picture["variant"]]
            small = picture["format"] == "thumbnail"
            assert image.size == ((480, height * 480 // width) if small else (width, height))
    folder = person.stack.objects / "generated" / samples.POPULAR
    metas = [json.loads(path.read_text()) for path in (folder / "meta").iterdir()]
    for made_by in {meta["run_id"] for meta in metas}:  # what had not changed is an earlier run's
        maker = (await person.http.get(f"/api/v1/runs/{made_by}")).json()
        assert maker["login"] == samples.POPULAR
    assert len(metas) == len(SIZES)
    formats = {(picture["variant"], picture["format"]) for picture in run["pictures"]}
    assert {("og", "jpeg"), ("og", "png"), ("og", "webp"), ("card", "webp")} <= formats
    assert {(variant, "thumbnail") for variant in SIZES} <= formats


@pytest.mark.parametrize(
    "login",
    [
        samples.TINY,
        samples.UNICODE,
        samples.RIGHT_TO_LEFT,
        samples.NO_AVATAR,
        samples.ORGANISATION,
    ],
)
async def test_every_kind_of_account(person: Person, login: str) -> None:
    """Small, oddly named, faceless and organisation accounts get a whole card too."""
    run = await person.finished(login)

    assert run["status"] == "success", run
    assert {picture["variant"] for picture in run["pictures"]} == set(SIZES)


async def test_the_login_may_be_spelled_any_way(person: Person) -> None:
    """Logins are compared lower-case; the card shows GitHub's spelling."""
    run = await person.finished(f"  @{samples.TINY.upper()} ")

    assert run["status"] == "success"
    profile = (await person.http.get(f"/api/v1/profiles/{samples.TINY.title()}")).json()
    assert profile["login"] == samples.TINY


async def test_asking_twice_is_asking_once(person: Person) -> None:
    """The same request again answers 200 with the run that is open."""
    person.stack.github.fail(login=samples.POPULAR, delay_seconds=0.5, times=1)
    first = await person.http.post("/api/v1/profiles", json={"login": samples.POPULAR})
    second = await person.http.post("/api/v1/profiles", json={"login": samples.POPULAR.upper()})

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["run_id"] == second.json()["run_id"]
    await person.until_told(first.json()["run_id"])


async def test_told_once_per_profile(person: Person) -> None:
    """A second success of the same profile tells its owner nothing new."""
    first = await person.finished(samples.UNICODE)
    second = await person.finished(samples.UNICODE)

    assert first["run_id"] != second["run_id"]
    assert second["notified"].get("delivered") is None
    mails = await mails_to(person.stack, person.address)
    assert len(mails) <= 1


async def test_the_story_can_be_resumed(person: Person) -> None:
    """A browser that lost the connection goes on after the last line it saw."""
    run = await person.finished(samples.TINY)
    whole = await person.story(run["run_id"])
    half = whole[len(whole) // 2]

    async with person.http.stream(
        "GET",
        f"/api/v1/runs/{run['run_id']}/events",
        headers={"Last-Event-ID": half.id},
    ) as answer:
        text = "".join([chunk async for chunk in answer.aiter_text()])

    assert [line.id for line in whole] == sorted((line.id for line in whole), key=int)
    seen = [
        part.split("\n", 1)[0].removeprefix("id: ") for part in text.split("\n\n") if "id:" in part
    ]
    assert seen == [line.id for line in whole[whole.index(half) + 1 :]]
    assert text.rstrip().endswith("event: end\ndata: {}")


async def test_pages_show_the_card(person: Person) -> None:
    """The profile page and its JSON show the card and its pictures; a stranger sees them too."""
    run = await person.finished(samples.ORGANISATION)
    async with httpx.AsyncClient(base_url=person.stack.app_host, trust_env=False) as stranger:
        page = await stranger.get(f"/profiles/{samples.ORGANISATION}")
        document = (await stranger.get(f"/profiles/{samples.ORGANISATION}.json")).json()
        status = (await stranger.get(f"/profiles/{samples.ORGANISATION}/status")).json()

    assert page.status_code == 200
    assert document["card"]["title"] in page.text.replace("&#39;", "'")
    assert any(picture["url"].rsplit("/", 1)[-1] in page.text for picture in run["pictures"])
    assert status == {"status": "success"}


async def test_only_public_objects_are_served(stack: Stack, person: Person) -> None:
    """One object of every prefix, asked for without credentials."""
    run = await person.finished(samples.TINY)
    private = [
        p.relative_to(stack.objects) for p in (stack.objects / "runs" / run["run_id"]).rglob("*.*")
    ]
    assert len(private) > 4
    async with httpx.AsyncClient(base_url=stack.app_host, trust_env=False) as stranger:
        for key in private:
            assert (await stranger.get(f"/{key}")).status_code == 404
            assert (await stranger.get(f"/generated/../{key}")).status_code == 404
            assert (await stranger.get(f"/generated/%2e%2e/{key}")).status_code == 404
            assert (await stranger.get(f"/generated/..%2f{key}")).status_code == 404
        avatars = list((stack.objects / "avatars").iterdir())
        assert (await stranger.get(f"/avatars/{avatars[0].name}")).status_code == 200
