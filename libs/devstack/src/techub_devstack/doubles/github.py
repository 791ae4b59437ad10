"""GitHub's REST API over a folder of samples."""

import base64
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from techub_devstack.doubles.control import controlled
from techub_devstack.doubles.faults import Control
from techub_devstack.doubles.github_app import app_routes
from techub_devstack.doubles.github_graphql import graphql_routes
from techub_devstack.doubles.github_sign_in import sign_in_routes
from techub_devstack.doubles.github_wire import Wire
from techub_devstack.doubles.sample_folder import SampleFolder

SORTS = {
    "pushed": "pushed_at",
    "updated": "updated_at",
    "created": "created_at",
    "full_name": "full_name",
}
USER_NOT_FOUND = "/rest/users/users#get-a-user"
REPOSITORY_NOT_FOUND = "/rest/repos/repos#get-a-repository"
README_NOT_FOUND = "/rest/repos/contents#get-a-repository-readme"
BYTES_PER_KILOBYTE = 1024


def create_app(samples: Path, *, control: Control | None = None) -> FastAPI:
    """Return GitHub as far as TecHub asks it: REST, GraphQL, avatars, sign-in."""
    folder, wire = SampleFolder(samples), Wire()
    app = FastAPI(title="GitHub double", docs_url=None, redoc_url=None, openapi_url=None)
    controlled(app, control or Control())
    app.include_router(sign_in_routes(folder, wire))
    app.include_router(graphql_routes(folder, wire))
    app.include_router(app_routes(wire))
    app.include_router(_account_routes(folder, wire))
    app.include_router(_repository_routes(folder, wire))
    app.include_router(_other_routes(folder, wire))
    return app


def _account_routes(folder: SampleFolder, wire: Wire) -> APIRouter:  # noqa: C901 - a list of routes
    router = APIRouter()

    def listed(request: Request, login: str, file: str, name: str) -> Response:
        user = folder.read(login, "user")
        if user is None:
            return wire.refused(request, 404, "Not Found", USER_NOT_FOUND)
        pages = folder.pages(login, file)
        if file == "repos" and len(pages) == 1:
            pages = [_sorted(pages[0], dict(request.query_params))]
        return wire.page(request, pages, account_id=user.get("id"), name=name)

    @router.get("/users/{login}")
    async def user(request: Request, login: str) -> Response:
        found = folder.read(login, "user")
        if found is None:
            return wire.refused(request, 404, "Not Found", USER_NOT_FOUND)
        return wire.answer(request, found)

    @router.get("/orgs/{login}")
    async def organisation(request: Request, login: str) -> Response:
        found = folder.read(login, "user")
        if found is None or found.get("type") != "Organization":
            return wire.refused(request, 404, "Not Found", "/rest/orgs/orgs#get-an-organization")
        return wire.answer(request, found)

    @router.get("/users/{login}/repos")
    async def repos(request: Request, login: str) -> Response:
        return listed(request, login, "repos", "repos")

    @router.get("/users/{login}/events")
    async def events(request: Request, login: str) -> Response:
        return listed(request, login, "events", "events")

    @router.get("/users/{login}/events/public")
    async def public_events(request: Request, login: str) -> Response:
        return listed(request, login, "events", "events/public")

    @router.get("/users/{login}/orgs")
    async def orgs(request: Request, login: str) -> Response:
        return listed(request, login, "orgs", "orgs")

    @router.get("/users/{login}/social_accounts")
    async def social_accounts(request: Request, login: str) -> Response:
        return listed(request, login, "social", "social_accounts")

    @router.get("/user/{account_id:int}{rest:path}")
    async def by_number(request: Request, account_id: int, rest: str) -> Response:
        """Links between pages name accounts by number."""
        login = folder.login_of(account_id)
        files = {"/repos": "repos", "/orgs": "orgs", "/social_accounts": "social"}
        file = files.get(rest, "events" if rest.startswith("/events") else "")
        if login is None or (rest and not file):
            return wire.refused(request, 404, "Not Found", USER_NOT_FOUND)
        if not rest:
            return wire.answer(request, folder.read(login, "user"))
        return listed(request, login, file, rest.strip("/"))

    return router


def _repository_routes(folder: SampleFolder, wire: Wire) -> APIRouter:  # noqa: C901 - as above
    router = APIRouter()

    def find(owner: str, name: str) -> dict[str, Any] | None:
        wanted = f"{owner}/{name}".lower()
        for login in dict.fromkeys([owner, *folder.logins()]):
            for repository in folder.repositories(login):
                if repository["full_name"].lower() == wanted:
                    return repository
        return None

    @router.get("/repos/{owner}/{name}")
    async def repository(request: Request, owner: str, name: str) -> Response:
        found = find(owner, name)
        if found is None:
            return wire.refused(request, 404, "Not Found", REPOSITORY_NOT_FOUND)
        watching = found.get("watchers_count", 0) // 20
        more = {"network_count": found.get("forks_count", 0), "subscribers_count": watching}
        return wire.answer(request, {**found, **more})

    @router.get("/repos/{owner}/{name}/readme")
    async def readme(request: Request, owner: str, name: str) -> Response:
        found = folder.read(owner, "readme") if owner.lower() == name.lower() else None
        if found is None:
            return wire.refused(request, 404, "Not Found", README_NOT_FOUND)
        if "raw" in request.headers.get("accept", ""):
            return wire.raw(request, base64.b64decode(found["content"]))
        return wire.answer(request, found)

    @router.get("/repos/{owner}/{name}/languages")
    async def languages(request: Request, owner: str, name: str) -> Response:
        """The file holds the answer per repository; without one the main language stands alone."""
        found = find(owner, name)
        if found is None:
            return wire.refused(request, 404, "Not Found", REPOSITORY_NOT_FOUND)
        known = folder.read(owner, "languages") or {}
        if isinstance(known.get(found["name"]), dict):
            return wire.answer(request, known[found["name"]])
        language = found.get("language")
        size = found.get("size", 1) * BYTES_PER_KILOBYTE
        return wire.answer(request, {language: size} if language else {})

    return router


def _other_routes(folder: SampleFolder, wire: Wire) -> APIRouter:
    router = APIRouter()

    @router.get("/avatars/{login}")
    async def avatar(login: str) -> Response:
        found = folder.avatar(login)
        if found is None:
            return Response("Not Found", status_code=404, media_type="text/plain")
        picture, media_type = found
        headers = {"cache-control": "max-age=300"}
        return Response(picture, media_type=media_type, headers=headers)

    @router.get("/rate_limit")
    async def rate_limit(request: Request) -> Response:
        resources = {
            name: {
                key.removeprefix("x-ratelimit-"): int(value)
                for key, value in wire.limits.headers(request, name, cost=0).items()
                if value.isdecimal()
            }
            for name in ("core", "graphql")
        }
        return wire.answer(request, {"resources": resources, "rate": resources["core"]})

    @router.get("/{path:path}")
    async def nothing(request: Request, path: str) -> Response:  # noqa: ARG001 - names the route
        return wire.refused(request, 404, "Not Found")

    return router


def _sorted(repositories: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    key = SORTS.get(query.get("sort", ""))
    if key is None:
        return repositories
    falling = query.get("direction", "asc" if key == "full_name" else "desc") == "desc"
    return sorted(repositories, key=lambda repository: repository[key] or "", reverse=falling)
