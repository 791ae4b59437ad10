"""What NATS_URL says: where the servers are, and who connects; and what a server refuses them."""

from urllib.parse import unquote, urlsplit

from nats.aio.client import Client


def servers_of(nats_url: str) -> tuple[list[str], str | None, str | None]:
    """Return the addresses of a comma list without who connects, the user, and the password.

    nats-py knows nobody at the servers a cluster tells it of when the user stands in an address:
    they turn it away, and it closes the connection for good.
    """
    places = [urlsplit(each.strip()) for each in nats_url.split(",")]
    servers = [place._replace(netloc=place.netloc.rpartition("@")[2]).geturl() for place in places]
    named = next((place for place in places if place.username), None)
    if named is None or named.username is None:
        return servers, None, None
    return servers, unquote(named.username), unquote(named.password or "")


def complaint(client: Client) -> str:
    """Return, in brackets, which permission the server says we lack."""
    error = str(client.last_error or "")
    return f" ({error})" if "permissions violation" in error.lower() else ""
