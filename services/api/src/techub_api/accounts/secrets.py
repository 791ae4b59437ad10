"""Secrets we hand out and never keep: only their SHA-256 stays with us."""

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits as text that fits into an address, a cookie or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()
