"""How GitHub stands to each of our credentials: accepted or not, and what is left of its quota."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from techub_common.doctor import Seen, ill, poor, well
from techub_common.errors import Permanent, Transient
from techub_generator.github.credentials import CORE, GRAPHQL, Credential
from techub_generator.github.line import Line
from techub_generator.github.refusals import refusal, unavailable
from techub_generator.side_by_side import side_by_side

LOW: Final = 0.1
UNITS: Final = {CORE: "requests", GRAPHQL: "points"}
REPLACE: Final = (
    "Replace it: GITHUB_TOKEN holds the tokens in this order, GITHUB_APP_ID and its key the app."
)
WAIT_OR_ADD: Final = "Wait for the reset, or add a token to GITHUB_TOKEN; `BULK_RUNS=1` spares it."
ADD: Final = "Add a token to GITHUB_TOKEN before the rest is used up."
SIGN: Final = "Give the generator a GITHUB_TOKEN or a GitHub App: anonymous is 60 requests an hour."
AVAILABLE: Final = "See GITHUB_API_URL and githubstatus.com; runs wait and are tried again."


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of one window, and when the next one begins."""

    left: int
    limit: int
    reset: datetime

    @property
    def is_low(self) -> bool:
        """Return whether less than a tenth is left."""
        return self.left < LOW * self.limit


@dataclass(frozen=True, slots=True)
class Standing:
    """What GitHub says of one credential; `trouble` when it says nothing good."""

    label: str
    signed: bool = True
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    trouble: Transient | Permanent | None = None

    @property
    def is_spent(self) -> bool:
        """Return whether something is used up."""
        return any(not quota.left for quota in self.quotas.values())

    @property
    def is_low(self) -> bool:
        """Return whether something is nearly used up."""
        return any(quota.is_low for quota in self.quotas.values())

    def __str__(self) -> str:
        """Return the standing as a person reads it."""
        if self.trouble:
            return f"{self.label}: {self.trouble}"
        if not self.quotas:
            return f"{self.label}: accepted, no limit"
        return f"{self.label}: {', '.join(map(_said, self.quotas.items()))}"


async def standings(line: Line) -> Sequence[Standing]:
    """Return how each credential stands, or nobody's where there is none; it costs no quota."""
    signed = [one for one in line.wallet.credentials if one.signed]
    asked = signed or line.wallet.credentials
    return await side_by_side(*(_standing(line, credential) for credential in asked))


def judged(found: Sequence[Standing]) -> Seen:
    """Return what to think of them: one that is refused is a fault, one that is used up a lack."""
    text = "; ".join(map(str, found))
    refused = [one for one in found if isinstance(one.trouble, Permanent)]
    if refused:
        return ill(text, REPLACE)
    if any(one.trouble for one in found):
        return ill(text, AVAILABLE)
    if all(one.is_spent for one in found):
        return ill(text, WAIT_OR_ADD)
    if not any(one.signed for one in found):
        return poor(text, SIGN)
    if all(one.is_low for one in found) or any(one.is_spent for one in found):
        return poor(text, ADD)
    return well(text)


async def _standing(line: Line, credential: Credential) -> Standing:
    try:
        reply = await line.limits_of(credential)
    except (Transient, Permanent) as error:
        return Standing(credential.label, credential.signed, trouble=error)
    if reply.status == httpx.codes.NOT_FOUND:  # an Enterprise server without limits
        return Standing(credential.label, credential.signed)
    if reply.status != httpx.codes.OK:
        said = httpx.Response(reply.status, headers=reply.headers, content=reply.body)
        return Standing(credential.label, credential.signed, trouble=refusal(said))
    try:
        told = json.loads(reply.body)["resources"]
        wanted = UNITS if credential.signed else (CORE,)
        quotas = {name: _quota(told[name]) for name in wanted if name in told}
    except (ValueError, KeyError, TypeError):
        trouble = unavailable("what it says of our quota cannot be read")
        return Standing(credential.label, credential.signed, trouble=trouble)
    return Standing(credential.label, credential.signed, quotas)


def _quota(told: Mapping[str, Any]) -> Quota:
    reset = datetime.fromtimestamp(int(told["reset"]), UTC)
    return Quota(int(told["remaining"]), int(told["limit"]), reset)


def _said(named: tuple[str, Quota]) -> str:
    name, quota = named
    until = f" until {quota.reset:%H:%M} UTC" if quota.is_low else ""
    return f"{quota.left:,} of {quota.limit:,} {UNITS[name]}{until}"
