"""A double seen by a test: where it is, how to make it fail, what it was asked."""

from dataclasses import dataclass
from functools import cache

import httpx

from techub_devstack.doubles.control import PREFIX
from techub_devstack.doubles.json_document import Json


@cache
def _client() -> httpx.Client:
    """One client for all doubles: making one reads the certificates, which takes its time."""
    return httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass(frozen=True, slots=True)
class Double:
    """A running double, wherever it runs."""

    url: str

    def fail(  # noqa: PLR0913 - the fields of a fault, each with its name
        self,
        status: int | None = None,
        *,
        login: str | None = None,
        path_contains: str | None = None,
        method: str | None = None,
        token: str | None = None,
        times: int | None = None,
        headers: dict[str, str] | None = None,
        body: object = None,
        delay_seconds: float = 0.0,
        hang_up: bool = False,
        after: bool = False,
    ) -> None:
        """Make matching requests fail (with `after`: be done, and only then fail)."""
        match = {"login": login, "path_contains": path_contains, "method": method}
        match["token"] = token
        fault = {
            "match": match,
            "times": times,
            "status": status,
            "headers": headers or {},
            "body": body,
            "delay_seconds": delay_seconds,
            "hang_up": hang_up,
            "after": after,
        }
        self.ask("POST", f"{PREFIX}/faults", json=fault)

    def statuses(self, *, path_contains: str | None = None) -> list[int | None]:
        """Return with what each request was answered, in the order they came."""
        given = {"path_contains": path_contains} if path_contains else {}
        seen = self.ask("GET", f"{PREFIX}/requests", params=given).json()
        return [one["status"] for one in seen["requests"]]

    def mend(self) -> None:
        """End all faults."""
        self.ask("DELETE", f"{PREFIX}/faults")

    def requests(
        self,
        *,
        login: str | None = None,
        path_contains: str | None = None,
        method: str | None = None,
        token: str | None = None,
    ) -> dict[str, int]:
        """Return how often each "METHOD /path" was asked for."""
        asked = {"login": login, "path_contains": path_contains, "method": method, "token": token}
        given = {name: value for name, value in asked.items() if value is not None}
        seen = self.ask("GET", f"{PREFIX}/requests", params=given).json()
        counts: dict[str, int] = seen["counts"]
        return counts

    def reset(self) -> None:
        """End all faults and forget all requests."""
        self.mend()
        self.ask("DELETE", f"{PREFIX}/requests")

    def ask(self, method: str, path: str, **options: Json) -> httpx.Response:
        """Send a request, past any proxy; an answer that is an error raises."""
        return self.send(method, path, **options).raise_for_status()

    def send(self, method: str, path: str, **options: Json) -> httpx.Response:
        """Send a request, past any proxy, on a connection of its own."""
        return _client().request(method, f"{self.url}{path}", **options)


@dataclass(frozen=True, slots=True)
class MailDouble(Double):
    """The double of Resend, with its mailbox."""

    def mails(self) -> list[dict[str, Json]]:
        """Return the accepted mails, oldest first."""
        mails: list[dict[str, Json]] = self.ask("GET", "/mailbox.json").json()["mails"]
        return mails

    def requests_per_key(self) -> dict[str, int]:
        """Return how often each idempotency key was sent."""
        counts: dict[str, int] = self.ask("GET", "/mailbox.json").json()["requests_per_key"]
        return counts

    def empty(self) -> None:
        """Forget every mail and every key."""
        self.ask("DELETE", "/mailbox.json")
