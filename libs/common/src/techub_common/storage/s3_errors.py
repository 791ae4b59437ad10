"""What S3's errors mean: the object is not there, the store is away, or it will never let us in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from botocore.exceptions import (  # type: ignore[import-untyped]
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import ConnectionError as S3ConnectionError
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]

from techub_common.errors import Away, Permanent
from techub_common.storage.keys import bad_key, missing
from techub_common.storage_url import Bucket

_NO_ANSWER: Final = (
    S3ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseParserError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
)
_NO_KEY: Final = frozenset({"NoSuchKey", "404"})
_UNFIT: Final = frozenset(
    {"KeyTooLongError", "InvalidURI", "EntityTooLarge", "XMinioInvalidObjectName"}
)
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "404"})
_CREDENTIALS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
)
_PASSING: Final = frozenset(
    {
        "BadDigest",
        "IncompleteBody",
        "OperationAborted",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "TooManyRequests",
    }
)
_SERVER: Final = 500
_UNCHANGED: Final = 304


@contextmanager
def asking(bucket: Bucket, key: str = "") -> Iterator[None]:
    """Turn what S3 answers into Permanent about the key, or else into Away.

    A refusal while running (an expired key, a bucket somebody took away) is a matter of
    operations: the work is kept until they have put it right.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if key and code in _NO_KEY:
            raise missing(key) from error
        if key and code in _UNFIT:
            raise bad_key(key) from error
        raise Away(_said(bucket, code)) from error
    except _NO_ANSWER as error:
        message = f"{bucket} does not answer: {type(error).__name__}; is STORAGE_URL right?"
        raise Away(message) from error


@contextmanager
def beginning(bucket: Bucket) -> Iterator[None]:
    """Turn a refusal into Permanent `storage_refused`, one line to read; the rest into Away."""
    with asking(bucket):
        try:
            yield
        except ClientError as error:
            code = code_of(error)
            if code in _PASSING or status_of(error) >= _SERVER:
                raise
            raise Permanent(_said(bucket, code), code="storage_refused") from error


def code_of(error: ClientError) -> str:
    """Return S3's name of an error; the status where there was no body to name it."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER))


def is_unchanged(error: ClientError) -> bool:
    """Return whether the answer is that the object is the one we know."""
    return code_of(error) == "304" or status_of(error) == _UNCHANGED


def is_no_bucket(error: ClientError) -> bool:
    """Return whether the bucket does not exist."""
    return code_of(error) in _NO_BUCKET


def _said(bucket: Bucket, code: str) -> str:
    if code in _NO_BUCKET:
        return f"{bucket} does not exist; `techub_api migrate` creates it"
    if code in _CREDENTIALS:
        return f"{bucket} refuses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: {code}"
    if code in {"AccessDenied", "403"}:
        return f"{bucket} does not let this access key in: {code}"
    if code == "RequestTimeTooSkewed":
        return f"{bucket} says that its clock and this machine's differ: set them right (NTP)"
    return f"{bucket} answers {code}"
