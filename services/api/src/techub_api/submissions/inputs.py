"""What a person may name with a login, and what becomes of what they named before."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.details import ProfileRepository, ProfileScrape
from techub_api.profiles.tables import Profile
from techub_common.events import Submitted

HOSTS: Final = ("github.com", "www.github.com", "api.github.com")

_NAME: Final = re.compile(r"([A-Za-z0-9][\w-]{0,38}/[\w.-]{1,100}?)(?:\.git)?")
_SSH: Final = re.compile(r"(?:ssh://)?git@github\.com[:/](.+)")


def repository_name(text: str) -> str:
    """Return `owner/name` from itself, or from any address on GitHub; raise ValueError."""
    given = text.strip()
    if ssh := _SSH.fullmatch(given):
        path = ssh[1]
    elif "://" in given or given.lower().startswith(HOSTS):
        parts = urlsplit(given if "://" in given else f"https://{given}")
        path = parts.path if parts.hostname in HOSTS else ""
        path = path.removeprefix("/repos") if parts.hostname == "api.github.com" else path
    else:
        path = given
    found = _NAME.fullmatch("/".join(path.strip("/").split("/")[:2]))
    wrong = found is None or found[1].endswith(("/.", "/.."))
    if found is None or wrong or (path == given and path.count("/") != 1):
        message = "a repository is owner/name or its github.com address"
        raise ValueError(message)
    return found[1]


def page_address(text: str) -> str:
    """Return the address of a web page, https where nothing else is said; raise ValueError."""
    given = text.strip()
    address = given if "://" in given else f"https://{given}"
    parts = urlsplit(address)
    named = parts.hostname is not None and "." in parts.hostname and parts.username is None
    if parts.scheme not in ("http", "https") or not named or not _usable(parts):
        message = "an address starts with http:// or https://"
        raise ValueError(message)
    return address if parts.path else f"{address}/"


def _usable(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:  # no number: then it was no host before it either
        return False


def stored(profile: Profile) -> Submitted:
    """Return what was last submitted with the profile."""
    repositories = tuple(profile.submitted_repositories or ())
    return Submitted(scrape_url=profile.scrape_url, repositories=repositories)


async def replace_inputs(session: AsyncSession, profile: Profile, submitted: Submitted) -> None:
    """Make this what was submitted with a locked profile; what it is not any more is forgotten."""
    profile.scrape_url = submitted.scrape_url
    profile.submitted_repositories = list(submitted.repositories)
    names = [name.lower() for name in submitted.repositories]
    await session.execute(
        delete(ProfileRepository).where(
            ProfileRepository.profile_id == profile.id,
            ProfileRepository.role == "submitted",
            func.lower(ProfileRepository.full_name).not_in(names),
        )
    )
    await session.execute(
        delete(ProfileScrape).where(
            ProfileScrape.profile_id == profile.id,
            ProfileScrape.url != (submitted.scrape_url or ""),
        )
    )
