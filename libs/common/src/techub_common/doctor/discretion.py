"""No secret leaves in an answer: those of the settings are known, others look like one."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from techub_common.masking import mask

SHORTEST: Final = 4
"""A shorter secret is part of ordinary words, and guessed at once."""

ALSO_SECRET: Final = frozenset({"nats_url", "aws_access_key_id"})
MARK: Final = "[secret]"


def discreet_about(settings: BaseSettings) -> Callable[[str], str]:
    """Return what takes every secret of the settings, and whatever looks like one, out of a text.

    Passwords within addresses, each key of a comma list and the words of a header are secrets, too.
    """
    # the longest first: an address holds its password
    secrets = sorted(set(_secrets(settings)), key=len, reverse=True)

    def discreet(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, MARK)
        return mask(text)

    return discreet


def _secrets(settings: BaseSettings) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield from _parts(value.get_secret_value(), whole=True)
        elif name in ALSO_SECRET and value:
            yield from _parts(str(value), whole="://" not in str(value))


def _parts(value: str, *, whole: bool) -> Iterator[str]:
    found = [value] if whole else []
    for part in value.split(","):
        password = _password(part.strip())
        if password:
            found += [password, unquote(password)]
        elif whole:
            header = part.partition("=")[2]  # `authorization=Bearer …`
            found += [part.strip(), *header.split()]
    yield from (one for one in found if len(one) >= SHORTEST)


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password if "://" in address else None
    except ValueError:
        return None
