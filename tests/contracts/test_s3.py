"""What a bucket adds: who may read it, who is let in, and what happens while it is away."""

import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from botocore.exceptions import ClientError

from techub_common.delivery import Road
from techub_common.errors import Away, Permanent
from techub_common.storage import (
    FOR_EVER,
    is_public,
    lifetime_of,
    open_store,
    prepare_store,
    s3,
    s3_policy,
)
from techub_common.storage.s3 import open_client
from techub_common.storage_url import place_of
from techub_devstack.servers.seaweedfs import BUCKET, SeaweedfsServer, seaweedfs_server
from tests.contracts.conftest import bucket_of, needs_seaweedfs

PREFIXES = ("generated/", "generated/odessa/meta/", "avatars/", "runs/", "backups/", "")


async def test_only_what_is_public_can_be_read_by_anybody(
    seaweedfs: SeaweedfsServer, here: str
) -> None:
    """One object of every prefix, asked for without credentials; nothing can be listed or put."""
    settings = bucket_of(seaweedfs)
    async with open_store(settings) as store, httpx.AsyncClient(trust_env=False) as stranger:
        for prefix in PREFIXES:
            key = f"{prefix}{here} ü.webp"
            await store.put(key, b"picture", "image/webp")
            address = f"{settings.public_base_url}/{quote(key)}"

            got = await stranger.get(address)
            put = await stranger.put(address, content=b"something else")
            gone = await stranger.delete(address)

            assert got.status_code == (200 if is_public(key) else 403), key
            assert (put.status_code, gone.status_code) == (403, 403), key
            assert await store.get(key) == b"picture"
            if is_public(key):
                assert got.headers["content-type"] == "image/webp"
                assert got.headers["cache-control"] == lifetime_of(key)
                assert got.content == b"picture"
        assert (await stranger.get(f"{seaweedfs.url}/{BUCKET}/")).status_code == 403
        listing = f"{seaweedfs.url}/{BUCKET}/?list-type=2&prefix=generated/"
        assert (await stranger.get(listing)).status_code == 403


async def test_a_copy_says_what_it_is(seaweedfs: SeaweedfsServer, here: str) -> None:
    """A private capture that is published gets the type and the lifetime of a public picture."""
    settings = bucket_of(seaweedfs)
    async with open_store(settings) as store, httpx.AsyncClient(trust_env=False) as stranger:
        await store.put(f"runs/{here}", b"capture", "application/octet-stream")
        await store.copy(f"runs/{here}", f"generated/{here}.png", "image/png")
        got = await stranger.get(f"{settings.public_base_url}/generated/{here}.png")

    assert got.headers["content-type"] == "image/png"
    assert got.headers["cache-control"] == FOR_EVER


async def test_addresses(seaweedfs: SeaweedfsServer, here: str) -> None:
    """A public object has an address for everybody, a private one for whoever is given it."""
    settings = bucket_of(seaweedfs)
    async with open_store(settings) as store, httpx.AsyncClient(trust_env=False) as stranger:
        public, private = f"generated/{here}/ü b.png", f"runs/{here}/ü b.json"
        await store.put(public, b"picture", "image/png")
        await store.put(private, b"secret", "application/json")
        address, given = store.public_url(public), await store.private_url(private, 60)
        assert address
        assert given

        assert (await stranger.get(address)).content == b"picture"
        assert store.public_url(private) is None
        got = await stranger.get(given)
        assert (got.content, got.headers["content-type"]) == (b"secret", "application/json")
        assert (await stranger.get(given.partition("?")[0])).status_code == 403
        assert (await stranger.get(given.replace("b.json", "c.json"))).status_code == 403


async def test_an_address_of_a_cdn(seaweedfs: SeaweedfsServer) -> None:
    """Where a CDN stands before the bucket, the address is the CDN's."""
    url = seaweedfs.environment["STORAGE_URL"].partition("&public_base_url")[0]
    for given, address in (
        (f"{url}&public_base_url=https://cdn.test/", "https://cdn.test/generated/a%20b.png"),
        (url, None),
    ):
        async with open_store(bucket_of(seaweedfs, STORAGE_URL=given)) as store:
            assert store.public_url("generated/a b.png") == address


async def test_long_listings(
    seaweedfs: SeaweedfsServer, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing of several pages is whole."""
    monkeypatch.setattr(s3, "PAGE", 7)
    async with open_store(bucket_of(seaweedfs)) as store:
        keys = {f"runs/{here}/{number:04}" for number in range(30)}
        await asyncio.gather(*(store.put(key, b"", "x/y") for key in keys))

        listed = [entry.key async for entry in store.entries(f"runs/{here}/")]

    assert len(listed) == 30
    assert set(listed) == keys


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "refuses AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "refuses AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": ""}, "needs AWS_ACCESS_KEY_ID"),
    ],
)
async def test_who_is_not_let_in(
    seaweedfs: SeaweedfsServer, changed: dict[str, str], said: str
) -> None:
    """A wrong key ends the start with one line that names the settings and holds no secret."""
    settings = bucket_of(seaweedfs, **changed)
    for opening in (open_store(settings).__aenter__(), prepare_store(settings)):
        with pytest.raises(Permanent, match=said) as raised:
            await opening
        assert raised.value.code == "storage_refused"
        assert "\n" not in str(raised.value)
        assert "wrong" not in str(raised.value)


async def test_no_bucket(seaweedfs: SeaweedfsServer) -> None:
    """A bucket nobody made ends the start with the command that makes it."""
    url = seaweedfs.environment["STORAGE_URL"].replace(f"//{BUCKET}?", "//elsewhere?")

    with pytest.raises(Permanent, match=r"the bucket elsewhere .* `techub_api migrate`"):
        await open_store(bucket_of(seaweedfs, STORAGE_URL=url)).__aenter__()


async def test_away_and_back(tmp_path: Path) -> None:
    """A store that was killed is waited for, by those who start meanwhile too; nothing is lost."""
    needs_seaweedfs()
    road = Road()
    async with seaweedfs_server(tmp_path) as server:
        settings = bucket_of(server)
        await prepare_store(settings)
        async with open_store(settings) as store:
            await store.put("runs/a", b"before", "text/plain")
            await server.kill()

            async with open_store(settings) as opened_meanwhile:
                raised = await asyncio.gather(
                    store.get("runs/a"),
                    store.put("runs/b", b"", "text/plain"),
                    store.exists("runs/none"),
                    store.copy("runs/a", "generated/a", "text/plain"),
                    store.probe(),
                    opened_meanwhile.get("runs/a"),
                    prepare_store(settings),
                    return_exceptions=True,
                )
                assert [type(error) for error in raised] == [Away] * 7, raised
                assert all("does not answer" in str(error) for error in raised)

                waiting = asyncio.create_task(
                    road.until_back(lambda: store.put("runs/b", b"after", "text/plain"))
                )
                await server.start()

                await waiting
                assert await road.until_back(lambda: opened_meanwhile.get("runs/a")) == b"before"
            assert await store.get("runs/b") == b"after"
            await store.probe()


async def test_a_policy_of_others_is_kept(seaweedfs: SeaweedfsServer) -> None:
    """Preparing again leaves one statement of ours, and those of others; or none where told to."""
    theirs = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shared/generated/secret-*",
    }
    url = seaweedfs.environment["STORAGE_URL"].replace(f"//{BUCKET}?", "//shared?")
    shared, untouched = bucket_of(seaweedfs, STORAGE_URL=url), f"{url}&policy=keep"
    await prepare_store(bucket_of(seaweedfs, STORAGE_URL=untouched))
    async with open_client(shared, place_of(url)) as client:
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            await client.get_bucket_policy(Bucket="shared")
        policy = {"Version": "2012-10-17", "Statement": [theirs]}
        await client.put_bucket_policy(Bucket="shared", Policy=json.dumps(policy))

        for _ in range(2):
            await prepare_store(shared)

        policy = json.loads((await client.get_bucket_policy(Bucket="shared"))["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["Theirs", s3_policy.SID]
