"""The whole system with its objects in a bucket, and the pictures read from there by anybody."""

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from techub_cli.connection import Server, ask, connected
from techub_common.asks import PROBE_STORAGE, SHOW_STORAGE, StorageRequest
from techub_common.storage import FOR_EVER
from techub_devstack import samples
from techub_devstack.servers import seaweedfs
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person, system


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give a system of its own that keeps its objects in SeaweedFS."""
    try:
        seaweedfs.binary()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    environment = {"CAPTURE_VARIANTS": "og,card,simple"}
    async with system(tmp_path_factory, "s3-stack", store="s3", environment=environment) as running:
        yield running


async def test_a_sample_becomes_pictures_in_a_bucket(person: Person) -> None:
    """The run is a success; its pictures have addresses in the bucket and are public there alone.

    The gateway leads there by their keys, and its pages may show them.
    """
    assert person.stack.seaweedfs is not None
    bucket = f"{person.stack.seaweedfs.url}/{seaweedfs.BUCKET}"

    run = await person.finished(samples.DEFAULT)

    assert run["status"] == "success", run
    assert {picture["variant"] for picture in run["pictures"]} == {"og", "card", "simple"}
    assert not any(person.stack.objects.iterdir())
    async with httpx.AsyncClient(trust_env=False) as stranger:
        for picture in run["pictures"]:
            assert picture["url"].startswith(f"{bucket}/generated/{samples.DEFAULT}/")
            answer = await stranger.get(picture["url"])
            assert answer.status_code == 200
            assert answer.headers["content-type"] == picture["mime"]
            assert answer.headers["cache-control"] == FOR_EVER
            assert len(answer.content) == picture["bytes"]
            with Image.open(io.BytesIO(answer.content)) as image:
                assert image.size == (picture["width"], picture["height"])
        key = run["pictures"][0]["url"].removeprefix(bucket)
        led = await stranger.get(f"{person.stack.app_host}{key}")
        assert (led.status_code, led.headers["location"]) == (302, f"{bucket}{key}")
        saved = await stranger.get(f"{person.stack.app_host}{key}?download")
        assert saved.content == (await stranger.get(f"{bucket}{key}")).content
        assert saved.headers["content-disposition"].startswith("attachment;")
        preview = await stranger.get(f"{person.stack.app_host}/og/{samples.DEFAULT}.jpg")
        assert preview.headers["location"].startswith(f"{bucket}/generated/{samples.DEFAULT}/og-")
        assets = await stranger.get(
            f"{person.stack.app_host}/api/v1/profiles/{samples.DEFAULT}/assets"
        )
        assert {asset["provider"] for asset in assets.json()["assets"]} == {"vips"}
        private = await stranger.get(f"{bucket}/runs/{run['run_id']}/pull_github_data.json")
        assert private.status_code == 403
        page = await stranger.get(f"{person.stack.app_host}/profiles/{samples.DEFAULT}")
        assert (
            f"img-src 'self' {person.stack.seaweedfs.url}"
            in page.headers["content-security-policy"]
        )
        assert f"{bucket}/generated/{samples.DEFAULT}/" in page.text


@pytest.mark.parametrize("login", [samples.UNICODE, samples.NO_AVATAR, samples.ORGANISATION])
async def test_every_kind_of_account(person: Person, login: str) -> None:
    """Oddly named, faceless and organisation accounts get a whole card in a bucket too."""
    run = await person.finished(login)

    assert run["status"] == "success", run
    assert {picture["variant"] for picture in run["pictures"]} == {"og", "card", "simple"}


async def test_the_store_is_killed_and_comes_back(person: Person) -> None:
    """A run that meets a store that is away waits for it, and then loses nothing."""
    store = person.stack.seaweedfs
    assert store is not None
    await store.kill()
    accepted = await person.submit(samples.POPULAR)
    await store.start()

    run = await person.until_told(accepted["run_id"])

    assert run["status"] == "success", run
    assert run["degradations"] == []


async def test_the_store_is_what_operators_are_told(person: Person) -> None:
    """`techub storage info` names the bucket, and every step of `techub storage probe` works."""
    store = person.stack.seaweedfs
    assert store is not None
    async with connected(Server(person.stack.nats.url)) as client:
        info = await ask(client, SHOW_STORAGE, StorageRequest())
        probe = await ask(client, PROBE_STORAGE, StorageRequest(), within=30)

    assert info["store"] == f"the bucket {seaweedfs.BUCKET} at {store.url}"
    assert info["app_host"] == person.stack.app_host
    assert [step["problem"] for step in probe["steps"]] == [None] * len(probe["steps"])
    assert probe["works"]
