"""NATS users with exactly the permissions that production has, for servers of the loopback."""

from techub_common.permissions import fragment, users


def configuration() -> str:
    """Return what a nats-server's configuration needs to know the users and what they may do."""
    passwords = "".join(f'{user.password}: "{password_of(user.name)}"\n' for user in users())
    return passwords + fragment()


def password_of(user: str) -> str:
    """Return a user's password on the loopback; it begins with a letter, as the server wants."""
    return f"p{user}"


def url_for(url: str, user: str) -> str:
    """Return the server's address as that user connects to it."""
    return url.replace("://", f"://{user}:{password_of(user)}@")
