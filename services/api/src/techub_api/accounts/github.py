"""GitHub's sign-in: the only place that knows its addresses and speaks OAuth."""

from typing import Any, Final

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import HTTPError
from pydantic import BaseModel, ValidationError

from techub_api.settings import Settings
from techub_common.errors import Permanent, Transient

SCOPE: Final = "read:user"
SECONDS: Final = 10.0
API_VERSION: Final = "2022-11-28"


class GitHubPerson(BaseModel):
    """Who somebody is at GitHub."""

    id: int
    login: str
    name: str | None = None


class GitHubSignIn:
    """The web flow with PKCE (RFC 7636); a token is used for one question and forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def is_open(self) -> bool:
        """Return whether this system is known to GitHub as an application."""
        return bool(self._settings.github_client_id and self._settings.github_client_secret)

    def address(self, state: str, verifier: str) -> str:
        """Return where the person says yes or no."""
        made: tuple[str, str] = self._client().create_authorization_url(
            f"{self._settings.github_web_url}/login/oauth/authorize",
            state=state,
            code_verifier=verifier,
        )
        return made[0]

    async def person(self, code: str, verifier: str) -> GitHubPerson:
        """Return who said yes.

        Raises Permanent `sign_in_refused` for a code GitHub does not take, and Transient
        `github_away` when it does not answer as it should.
        """
        try:
            async with self._client() as client:
                await client.fetch_token(
                    f"{self._settings.github_web_url}/login/oauth/access_token",
                    code=code,
                    code_verifier=verifier,
                    headers={"Accept": "application/json"},
                )
                answer = await client.get(
                    f"{self._settings.github_api_url}/user",
                    headers={
                        "Accept": "application/vnd.github+json",
                        "X-GitHub-Api-Version": API_VERSION,
                    },
                )
                answer.raise_for_status()
                return GitHubPerson.model_validate_json(answer.content)
        except AuthlibBaseError as error:
            message = "GitHub did not take the sign-in; start it again."
            raise Permanent(message, code="sign_in_refused") from error
        except (HTTPError, ValidationError, ValueError) as error:
            message = f"GitHub did not say who signed in: {type(error).__name__}"
            raise Transient(message, code="github_away") from error

    def _client(self) -> Any:  # noqa: ANN401  # Authlib has no types
        secret = self._settings.github_client_secret
        return AsyncOAuth2Client(
            client_id=self._settings.github_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            redirect_uri=f"{self._settings.app_host}/auth/github/callback",
            scope=SCOPE,
            code_challenge_method="S256",
            timeout=SECONDS,
            follow_redirects=False,
        )
