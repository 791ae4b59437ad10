"""GitHub's webhooks as they come in, and what each means for us."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from techub_common.errors import Permanent

REVOKED: Final = ("github_app_authorization", "revoked")
RENAMED: Final = ("repository", "renamed")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Account(_Part):
    id: Annotated[int, Field(ge=1, lt=2**63)]


class _Repository(_Part):
    owner: _Account


class _Webhook(_Part):
    action: str = ""
    sender: _Account | None = None
    repository: _Repository | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """Whose sessions end and whose profiles are due, by GitHub's ids."""

    revoked: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Return whether the webhook tells us nothing."""
        return not (self.revoked or self.changed)


def meaning_of(event: str, body: bytes) -> Meaning:
    """Return what the webhook means; raise Permanent `malformed_webhook` for one of no shape.

    A push changes the profiles of its sender and of the repository's owner, a star and a rename the
    owner's.
    """
    if event not in (REVOKED[0], RENAMED[0], "push", "star"):
        return Meaning()
    try:
        said = _Webhook.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "body"
        message = f"The webhook cannot be read: {place}: {problem['msg']}."
        raise Permanent(message, code="malformed_webhook") from error
    owner = said.repository.owner if said.repository else None
    if (event, said.action) == REVOKED:
        return Meaning(revoked=_ids([said.sender]))
    if event == "push":
        return Meaning(changed=_ids([owner, said.sender]))
    if event == "star" or (event, said.action) == RENAMED:
        return Meaning(changed=_ids([owner]))
    return Meaning()


def delivery_id(text: str) -> UUID:
    """Return the delivery's id; raise Permanent `malformed_webhook` when there is none."""
    if not text:
        message = "The webhook cannot be read: X-GitHub-Delivery is missing."
        raise Permanent(message, code="malformed_webhook")
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"github:{text}")


def _ids(accounts: Iterable[_Account | None]) -> frozenset[int]:
    return frozenset(account.id for account in accounts if account)
