"""What the Resend double accepted, kept in a file that outlives it, and who asked how often."""

import hashlib
import json
import os
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from techub_devstack.doubles.json_document import Json

KEY_LIFETIME = timedelta(hours=24)


class OtherPayload(Exception):
    """The idempotency key was used for another mail."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An accepted mail."""

    id: str
    created_at: str
    payload: dict[str, Any]
    payload_hash: str
    idempotency_key: str | None = None

    @property
    def to(self) -> list[str]:
        """The recipients, one or several alike."""
        return _listed(self.payload.get("to"))

    def shown(self) -> dict[str, Any]:
        """Return the mail as GET /emails/{id} tells it."""
        known = self.payload
        return {
            "object": "email",
            "id": self.id,
            "to": self.to,
            "from": known.get("from"),
            "created_at": self.created_at,
            "subject": known.get("subject"),
            "html": known.get("html"),
            "text": known.get("text"),
            "bcc": _listed(known.get("bcc")),
            "cc": _listed(known.get("cc")),
            "reply_to": _listed(known.get("reply_to")),
            "last_event": "delivered",
            "scheduled_at": known.get("scheduled_at"),
            "tags": known.get("tags", []),
            "headers": known.get("headers", {}),
        }


@dataclass(slots=True)
class MailStore:
    """Mails in the order they came; each is on disk before it is answered."""

    file: Path | None = None
    mails: list[Mail] = field(default_factory=list)
    requests_per_key: Counter[str] = field(default_factory=Counter)
    _newest: dict[str, Mail] = field(default_factory=dict)

    @classmethod
    def opened(cls, state_dir: Path | None) -> "MailStore":
        """Return the store with what earlier runs left in the directory."""
        if state_dir is None:
            return cls()
        state_dir.mkdir(parents=True, exist_ok=True)
        file = state_dir / "mails.jsonl"
        store = cls(file=file)
        for line in file.read_text("utf-8").split("\n") if file.exists() else []:
            if not line.endswith("}"):  # the end of the file, or a line that a crash cut off
                continue
            noted = json.loads(line)
            if "key" in noted:
                store.requests_per_key[noted["key"]] += 1
            else:
                store._keep(Mail(**noted))
        return store

    def accept(self, payload: dict[str, Any], key: str | None) -> Mail:
        """Return the mail of this request: a new one, or the one its key stands for."""
        now, payload_hash = datetime.now(UTC), _hash(payload)
        if key is not None:
            self.requests_per_key[key] += 1
            self._note({"key": key})
            if (known := self._of_key(key, now)) is not None:
                if known.payload_hash != payload_hash:
                    raise OtherPayload(key)
                return known
        mail = Mail(str(uuid.uuid4()), now.isoformat(" "), payload, payload_hash, key)
        self._keep(mail)
        self._note(asdict(mail))
        return mail

    def mail(self, mail_id: str) -> Mail | None:
        """Return one mail by its id."""
        return next((mail for mail in self.mails if mail.id == mail_id), None)

    def forget(self) -> None:
        """Forget every mail and every key."""
        self.mails.clear()
        self._newest.clear()
        self.requests_per_key.clear()
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    def _keep(self, mail: Mail) -> None:
        self.mails.append(mail)
        if mail.idempotency_key is not None:
            self._newest[mail.idempotency_key] = mail

    def _of_key(self, key: str, now: datetime) -> Mail | None:
        mail = self._newest.get(key)
        if mail is None or now - datetime.fromisoformat(mail.created_at) >= KEY_LIFETIME:
            return None
        return mail

    def _note(self, line: dict[str, Any]) -> None:
        if self.file is None:
            return
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _listed(value: Json) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _hash(payload: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
