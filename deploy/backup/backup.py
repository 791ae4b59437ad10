"""Postgres into the object store and back: `create | list | restore KEY`.

Reads MIGRATION_DATABASE_URL, STORAGE_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Backups lie
below `backups/`, which nobody may read without credentials. A dump holds the schemas `api` and
`notifier`; roles come from `migrate`, which is run before a restore.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from botocore.config import Config
from botocore.session import get_session
from sqlalchemy import make_url

from techub_common.storage_url import Bucket, Folder, place_of

PREFIX: Final = "backups/"
NAME: Final = "techub-%Y%m%dT%H%M%SZ.dump"
SCHEMAS: Final = ("api", "notifier")
PART_BYTES: Final = 64 << 20
SSL_MODES: Final = ("sslmode", "ssl")


class Place(Protocol):
    """Where dumps are kept, by key."""

    def put(self, key: str, dump: Path) -> None:
        """Keep the file under the key: whole or not at all."""

    def get(self, key: str, target: Path) -> None:
        """Write what is kept under the key to a file."""

    def kept(self) -> list[str]:
        """Return the keys of all dumps, the oldest first."""

    def drop(self, key: str) -> None:
        """Keep it no longer."""


class InFolder:
    """Dumps beside the objects of a folder store."""

    def __init__(self, folder: Folder) -> None:
        self._root = folder.root

    def put(self, key: str, dump: Path) -> None:
        """Keep the file under the key: whole or not at all."""
        target = self._root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".draft")
        shutil.copyfile(dump, draft)
        draft.rename(target)

    def get(self, key: str, target: Path) -> None:
        """Write what is kept under the key to a file."""
        shutil.copyfile(self._root / key, target)

    def kept(self) -> list[str]:
        """Return the keys of all dumps, the oldest first."""
        found = (self._root / PREFIX).glob("*.dump")
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        (self._root / key).unlink()


class InBucket:
    """Dumps in the bucket of the objects, uploaded in parts of 64 MB."""

    def __init__(self, bucket: Bucket, key_id: str, secret: str) -> None:
        self._name = bucket.name
        self._client: Any = get_session().create_client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint_url,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "total_max_attempts": 5},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, dump: Path) -> None:
        """Keep the file under the key: whole or not at all."""
        where = {"Bucket": self._name, "Key": key}
        upload = self._client.create_multipart_upload(**where)["UploadId"]
        try:
            parts = []
            for number, part in enumerate(_parts(dump), 1):
                answer = self._client.upload_part(
                    **where, UploadId=upload, PartNumber=number, Body=part
                )
                parts.append({"ETag": answer["ETag"], "PartNumber": number})
            self._client.complete_multipart_upload(
                **where, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            self._client.abort_multipart_upload(**where, UploadId=upload)
            raise

    def get(self, key: str, target: Path) -> None:
        """Write what is kept under the key to a file."""
        body = self._client.get_object(Bucket=self._name, Key=key)["Body"]
        with target.open("wb") as file:
            shutil.copyfileobj(body, file)

    def kept(self) -> list[str]:
        """Return the keys of all dumps, the oldest first."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._name, Prefix=PREFIX
        )
        found = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sorted(key for key in found if key.endswith(".dump"))

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        self._client.delete_object(Bucket=self._name, Key=key)


def _parts(dump: Path) -> Iterator[bytes]:
    with dump.open("rb") as file:
        while part := file.read(PART_BYTES):
            yield part


def place() -> Place:
    """Return where STORAGE_URL says that dumps go."""
    found = place_of(os.environ["STORAGE_URL"])
    if isinstance(found, Folder):
        return InFolder(found)
    return InBucket(found, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


def postgres() -> dict[str, str]:
    """Return the environment in which Postgres' tools reach the database of the migrations.

    Nothing of it stands on a command line, where others could read the password.
    """
    url = make_url(os.environ["MIGRATION_DATABASE_URL"])
    said = {
        "PGHOST": url.host,
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": next((str(url.query[name]) for name in SSL_MODES if name in url.query), None),
    }
    return os.environ | {name: value for name, value in said.items() if value}


def create(store: Place, now: datetime, keep_days: int) -> str:
    """Dump, read the dump's own list of contents, keep it, drop what is too old; return its key."""
    key = now.strftime(f"{PREFIX}{NAME}")
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump"
        schemas = [f"--schema={name}" for name in SCHEMAS]
        _run("pg_dump", "--format=custom", *schemas, f"--file={dump}")
        _run("pg_restore", "--list", str(dump))
        store.put(key, dump)
        print(f"{key}: {dump.stat().st_size} bytes")
    oldest = (now - timedelta(days=keep_days)).strftime(f"{PREFIX}{NAME}")
    for old in store.kept():
        if old < oldest:
            store.drop(old)
            print(f"{old}: dropped, older than {keep_days} days")
    return key


def restore(store: Place, key: str) -> None:
    """Put the schemas back as they were, in one transaction; what is there now goes."""
    if key not in store.kept():
        sys.exit(f"backup: there is no {key}; `list` shows what there is")
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump"
        store.get(key, dump)
        options = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
        _run("pg_restore", *options, f"--dbname={postgres()['PGDATABASE']}", str(dump))
    print(f"{key}: restored")


def _run(*command: str) -> None:
    ended = subprocess.run(command, check=False, env=postgres(), capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"backup: {command[0]} failed: {ended.stderr.strip()[-1000:]}")


def main() -> None:
    """Do what the first argument says; exit 0 only when it worked."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("create", help="dump now, and drop what is too old")
    making.add_argument("--keep-days", type=int, default=14)
    commands.add_parser("list", help="what there is, the oldest first")
    restoring = commands.add_parser("restore", help="put one back; stop the services before")
    restoring.add_argument("key")
    options = parser.parse_args()
    if options.command == "create":
        create(place(), datetime.now(UTC), options.keep_days)
    elif options.command == "list":
        print("\n".join(place().kept()))
    else:
        restore(place(), options.key)


if __name__ == "__main__":
    main()
