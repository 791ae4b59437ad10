"""What a STORAGE_URL says: a folder of this machine, or a bucket that speaks S3."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_REGION: Final = "us-east-1"

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OPTIONS: Final = frozenset({"endpoint_url", "region", "public_base_url", "policy"})


@dataclass(frozen=True, slots=True)
class Folder:
    """`file:///folder`."""

    root: Path


@dataclass(frozen=True, slots=True)
class Bucket:
    """`s3://name?endpoint_url=…&region=…&public_base_url=…&policy=keep`.

    Without `endpoint_url` it is Amazon's. `public_base_url` is where anybody reads public objects
    (the bucket itself, or a CDN before it). `keeps_policy` says that the bucket's policy is
    somebody else's business.
    """

    name: str
    endpoint_url: str | None = None
    region: str = DEFAULT_REGION
    public_base_url: str | None = None
    keeps_policy: bool = False

    def __str__(self) -> str:
        """Return what a person calls it; nothing in it is secret."""
        return f"the bucket {self.name} at {self.endpoint_url or f'Amazon S3 {self.region}'}"


def place_of(storage_url: str) -> Folder | Bucket:
    """Return what the address names; raise ValueError saying what is wrong, without repeating it.

    The address may hold a secret by mistake.
    """
    parts = urlsplit(storage_url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme != "s3":
        message = "must be file:///folder or s3://bucket"
        raise ValueError(message)
    if "@" in parts.netloc:
        message = "must not hold credentials; use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise ValueError(message)
    if not _BUCKET.fullmatch(parts.netloc) or parts.path not in {"", "/"}:
        message = "must name a bucket of 3 characters or more and no folder in it: s3://bucket?…"
        raise ValueError(message)
    options = dict(parse_qsl(parts.query, keep_blank_values=False))
    if unknown := sorted(options.keys() - _OPTIONS):
        message = f"has the unknown option {unknown[0]}; there are {', '.join(sorted(_OPTIONS))}"
        raise ValueError(message)
    if options.get("policy", "keep") != "keep":
        message = "has a policy other than keep"
        raise ValueError(message)
    return Bucket(
        name=parts.netloc,
        endpoint_url=_web_address(options, "endpoint_url"),
        region=options.get("region", DEFAULT_REGION),
        public_base_url=_web_address(options, "public_base_url"),
        keeps_policy="policy" in options,
    )


def _web_address(options: dict[str, str], name: str) -> str | None:
    given = options.get(name)
    if given is None:
        return None
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"has an option {name} that is not an http(s) address"
        raise ValueError(message)
    if "@" in parts.netloc or parts.query or parts.fragment:
        message = f"has an option {name} with more than a host and a path"
        raise ValueError(message)
    return given.rstrip("/")
