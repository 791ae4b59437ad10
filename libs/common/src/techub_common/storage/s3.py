"""Objects in a bucket: Amazon S3, DigitalOcean Spaces, MinIO, SeaweedFS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import structlog
from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from aiobotocore.session import get_session  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from techub_common.errors import Away, Permanent
from techub_common.settings import StorageSettings
from techub_common.storage import s3_policy
from techub_common.storage.contract import Entry, Found
from techub_common.storage.keys import checked, is_public, lifetime_of, missing
from techub_common.storage.mimes import mime_of
from techub_common.storage.s3_errors import asking, beginning, is_no_bucket, is_unchanged
from techub_common.storage_url import Bucket

log = structlog.get_logger()

OPERATION_SECONDS: Final = 20.0  # well below the limit of any handler
PROBE_SECONDS: Final = 1.5
PAGE: Final = 1000
CONFIG: Final = AioConfig(
    signature_version="s3v4",
    s3={"addressing_style": "path", "payload_signing_enabled": True},
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 2},  # delivery tries again, and longer
    request_checksum_calculation="when_required",  # not every vendor understands the newer ones
    response_checksum_validation="when_required",
    ignore_configured_endpoint_urls=True,  # STORAGE_URL alone says where the store is
)


class _Unchanged(Exception):
    """The object is the one the asker knows."""


class S3Store:
    """The objects of one bucket, over one client with a pool of connections."""

    def __init__(self, client: Any, bucket: Bucket) -> None:  # noqa: ANN401  # made at run time
        self._client = client
        self._bucket = bucket

    async def get(self, key: str) -> bytes:
        """Return the object's bytes; raise Permanent `object_missing`."""
        return (await self._fetched(key)).content

    async def fetch(self, key: str, *, unless: str | None = None) -> Found | None:
        """Return the object, None when its etag is `unless`; raise Permanent `object_missing`."""
        if unless is None:
            return await self._fetched(key)
        try:
            return await self._fetched(key, IfNoneMatch=unless)
        except _Unchanged:
            return None

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key: whole or not at all."""
        where = self._at(key)
        with asking(self._bucket, key):
            async with asyncio.timeout(OPERATION_SECONDS):
                await self._client.put_object(**where, **_headers(key, mime), Body=content)

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        return await self.look(key) is not None

    async def look(self, key: str) -> Entry | None:
        """Return the object's size and age without its bytes; None when there is none."""
        where = self._at(key)
        try:
            with asking(self._bucket, key):
                async with asyncio.timeout(OPERATION_SECONDS):
                    answer = await self._client.head_object(**where)
        except Permanent as error:
            if error.code != missing(key).code:
                raise
            await self.probe()  # a HEAD does not say whether it is the bucket that is missing
            return None
        return Entry(key, answer["ContentLength"], answer["LastModified"])

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another, without fetching them."""
        where = self._at(target)
        with asking(self._bucket, checked(source)):
            async with asyncio.timeout(OPERATION_SECONDS):
                await self._client.copy_object(
                    **where,
                    **_headers(target, mime),
                    CopySource={"Bucket": self._bucket.name, "Key": source},
                    MetadataDirective="REPLACE",
                )

    async def delete(self, key: str) -> None:
        """Leave the key without an object; nothing happens when it had none."""
        where = self._at(key)
        with asking(self._bucket, key):
            async with asyncio.timeout(OPERATION_SECONDS):
                await self._client.delete_object(**where)

    async def entries(self, prefix: str = "") -> AsyncIterator[Entry]:
        """Give every object whose key begins so, in the vendor's order; raise Away."""
        where: dict[str, Any] = {
            "Bucket": self._bucket.name,
            "Prefix": prefix,
            "MaxKeys": PAGE,
        }
        while True:
            with asking(self._bucket):
                async with asyncio.timeout(OPERATION_SECONDS):
                    page = await self._client.list_objects_v2(**where)
            for one in page.get("Contents", []):
                yield Entry(one["Key"], one["Size"], one["LastModified"])
            if not page.get("IsTruncated"):
                return
            where["ContinuationToken"] = page["NextContinuationToken"]

    def public_url(self, key: str) -> str | None:
        """Return where anybody reads the object; None for a private one or a private bucket."""
        base = self._bucket.public_base_url
        return f"{base}/{quote(checked(key))}" if base and is_public(key) else None

    async def private_url(self, key: str, seconds: int) -> str | None:
        """Return an address that opens the object for so long to whoever has it."""
        address: str = await self._client.generate_presigned_url(
            "get_object", Params=self._at(key), ExpiresIn=seconds
        )
        return address

    async def probe(self) -> None:
        """Return when the bucket is there and lets us in."""
        with asking(self._bucket):
            async with asyncio.timeout(PROBE_SECONDS):
                await self._client.head_bucket(Bucket=self._bucket.name)

    async def begin(self) -> None:
        """Return when the bucket lets us in or does not answer; raise Permanent if it refuses."""
        try:
            with beginning(self._bucket):
                async with asyncio.timeout(OPERATION_SECONDS):
                    await self._client.list_objects_v2(Bucket=self._bucket.name, MaxKeys=1)
        except Away as error:
            log.warning("store_away", error=str(error))

    async def _fetched(self, key: str, **unless: str) -> Found:
        where = self._at(key)
        with asking(self._bucket, key):
            async with asyncio.timeout(OPERATION_SECONDS):
                try:
                    answer = await self._client.get_object(**where, **unless)
                except ClientError as error:
                    if is_unchanged(error):
                        raise _Unchanged from error
                    raise
                async with answer["Body"] as body:
                    content: bytes = await body.read()
        return Found(content, answer.get("ContentType") or mime_of(key), answer["ETag"])

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": checked(key)}


@asynccontextmanager
async def open_bucket(settings: StorageSettings, bucket: Bucket) -> AsyncIterator[S3Store]:
    """Yield the store; raise Permanent `storage_refused` when the bucket does not let us in.

    One that does not answer yet is waited for by those who use it.
    """
    async with open_client(settings, bucket) as client:
        store = S3Store(client, bucket)
        await store.begin()
        yield store


async def prepare_bucket(settings: StorageSettings, bucket: Bucket) -> None:
    """Make the bucket when there is none, and let anybody read what is public.

    Raises Permanent `storage_refused`, or Away.
    """
    async with open_client(settings, bucket) as client:
        with beginning(bucket):
            async with asyncio.timeout(OPERATION_SECONDS):
                await _create(client, bucket)
                if bucket.public_base_url and not bucket.keeps_policy:
                    await s3_policy.publish(client, bucket.name)


async def _create(client: Any, bucket: Bucket) -> None:  # noqa: ANN401  # made at run time
    try:
        await client.list_objects_v2(Bucket=bucket.name, MaxKeys=1)  # a HEAD says no reason
    except ClientError as error:
        if not is_no_bucket(error):
            raise
        amazon = bucket.endpoint_url is None and bucket.region != "us-east-1"
        place = {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
        await client.create_bucket(Bucket=bucket.name, **(place if amazon else {}))


@asynccontextmanager
async def open_client(settings: StorageSettings, bucket: Bucket) -> AsyncIterator[Any]:
    """Yield a client; raise Permanent `storage_refused` when there are no credentials."""
    secret = settings.aws_secret_access_key
    if not settings.aws_access_key_id or secret is None:
        message = f"{bucket} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise Permanent(message, code="storage_refused")
    async with get_session().create_client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=secret.get_secret_value(),
        config=CONFIG,
    ) as client:
        yield client


def _headers(key: str, mime: str) -> dict[str, str]:
    return {"ContentType": mime} | ({"CacheControl": lifetime_of(key)} if is_public(key) else {})
