"""GitHub's GraphQL as far as a profile needs it: pinned items, contributions, social accounts."""

import json
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from techub_devstack.doubles.github_wire import HOURLY_LIMIT, Wire
from techub_devstack.doubles.graphql_selection import QueryError, Selection, parse, select
from techub_devstack.doubles.json_document import Json
from techub_devstack.doubles.sample_folder import SampleFolder

SIGN_IN_FIRST = (
    "/graphql/guides/forming-calls-with-graphql#authenticating-with-graphql",
    "This endpoint requires you to be authenticated.",
)
SUMS = (
    "totalCommitContributions",
    "totalIssueContributions",
    "totalPullRequestContributions",
    "totalPullRequestReviewContributions",
    "totalRepositoryContributions",
    "restrictedContributionsCount",
)


def graphql_routes(folder: SampleFolder, wire: Wire) -> APIRouter:
    """Return the one GraphQL route."""
    router = APIRouter()

    @router.post("/graphql")
    async def graphql(request: Request) -> Response:
        if not request.headers.get("authorization"):
            return wire.refused(request, 401, SIGN_IN_FIRST[1], SIGN_IN_FIRST[0])
        try:
            asked = json.loads(await request.body())
            selected = parse(asked["query"], asked.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            return wire.refused(request, 400, "Problems parsing JSON")
        except QueryError as error:
            return wire.answer(request, {"errors": [{"message": str(error)}]}, resource="graphql")
        return wire.answer(request, _executed(folder, selected), resource="graphql")

    return router


def _executed(folder: SampleFolder, selected: list[Selection]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for selection in selected:
        try:
            data[selection.alias] = _root(folder, selection)
        except QueryError as error:
            path = ["query", selection.alias, *error.path]
            code = {"code": "undefinedField"}
            return {"errors": [{"message": str(error), "path": path, "extensions": code}]}
        except LookupError as error:
            data[selection.alias] = None
            where = {"type": "NOT_FOUND", "path": [selection.alias]}
            errors.append({**where, "message": str(error.args[0])})
    return {"data": data, "errors": errors} if errors else {"data": data}


def _root(folder: SampleFolder, selection: Selection) -> Json:
    if selection.name == "rateLimit":
        limits = {"limit": HOURLY_LIMIT, "cost": 1, "remaining": HOURLY_LIMIT - 1, "used": 1}
        return select(limits, selection.below, "RateLimit")
    kinds = {"user": "User", "organization": "Organization", "repositoryOwner": ""}
    if selection.name not in kinds:
        message = f"Field '{selection.name}' doesn't exist on type 'Query'"
        raise QueryError(message)
    login, kind = str(selection.arguments.get("login")), kinds[selection.name]
    user = folder.read(login, "user")
    if not kind:  # an interface: whoever it is, or null without an error
        if user is None:
            return None
        kind = str(user.get("type"))
    if user is None or user.get("type") != kind:
        article = "a" if kind == "User" else "an"
        message = f"Could not resolve to {article} {kind} with the login of '{login}'."
        raise LookupError(message)
    window = next((s.arguments for s in selection.below if s.name == "contributionsCollection"), {})
    return select(_account(folder, login, user, window), selection.below, kind)


def _account(
    folder: SampleFolder, login: str, user: dict[str, Any], window: dict[str, Any]
) -> dict[str, Any]:
    known = {
        "__typename": user["type"],
        "id": user["node_id"],
        "databaseId": user["id"],
        "login": user["login"],
        "name": user["name"],
        "avatarUrl": user["avatar_url"],
        "url": user["html_url"],
        "location": user.get("location"),
        "createdAt": user["created_at"],
        "updatedAt": user["updated_at"],
        "pinnedItems": _connection(folder.read(login, "pinned"), "pinnedItems"),
        "repositories": _repositories(folder, login),
    }
    if user["type"] != "User":
        return {**known, "description": user.get("bio") or user.get("description")}
    days = _below(folder.read(login, "contributions"), "contributionsCollection") or {}
    return {
        **known,
        "bio": user.get("bio"),
        "company": user.get("company"),
        "followers": {"totalCount": user.get("followers", 0)},
        "following": {"totalCount": user.get("following", 0)},
        "socialAccounts": _social(folder.read(login, "social")),
        "contributionsCollection": contributions(days, window.get("from"), window.get("to")),
    }


def _repositories(folder: SampleFolder, login: str) -> dict[str, Any]:
    """Return the own repositories with their languages; without a file, the main one's share."""
    sizes = folder.read(login, "languages") or {}
    own = [one for one in folder.repositories(login) if not one.get("fork")]
    nodes = []
    for one in sorted(own, key=lambda one: one.get("pushed_at") or "", reverse=True):
        named = {one["language"]: one.get("size", 1) * 1024} if one.get("language") else {}
        known = sizes.get(one["name"], named)
        edges = [{"size": size, "node": {"name": name}} for name, size in known.items()]
        edges.sort(key=lambda edge: -edge["size"])
        languages = {"totalCount": len(edges), "edges": edges}
        nodes.append({"__typename": "Repository", **_spelled(one), "languages": languages})
    return {"totalCount": len(nodes), "nodes": nodes}


def _spelled(repository: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": repository["name"],
        "nameWithOwner": repository["full_name"],
        "url": repository["html_url"],
        "pushedAt": repository.get("pushed_at"),
    }


def contributions(recorded: dict[str, Any], since: str | None, until: str | None) -> dict[str, Any]:
    """Return the recorded days between two instants, in weeks that begin on Sunday."""
    calendar = recorded.get("contributionCalendar", {})
    days = [day for week in calendar.get("weeks", []) for day in week["contributionDays"]]
    first, last = (since or "")[:10], (until or "9999")[:10]
    weeks: list[dict[str, Any]] = []
    for day in sorted(days, key=lambda day: str(day["date"])):
        if not first <= day["date"] <= last:
            continue
        on = date.fromisoformat(day["date"])
        sunday = (on - timedelta(days=(on.weekday() + 1) % 7)).isoformat()
        if not weeks or weeks[-1]["firstDay"] != sunday:
            weeks.append({"firstDay": sunday, "contributionDays": []})
        weeks[-1]["contributionDays"].append({"weekday": (on.weekday() + 1) % 7, **day})
    total = sum(day["contributionCount"] for week in weeks for day in week["contributionDays"])
    return {
        "__typename": "ContributionsCollection",
        **dict.fromkeys(SUMS, 0),
        "hasAnyContributions": total > 0,
        **recorded,
        "contributionCalendar": {**calendar, "totalContributions": total, "weeks": weeks},
    }


def _social(recorded: Json) -> dict[str, Any]:
    """REST's list and GraphQL's connection are the same accounts in two spellings."""
    accounts = _connection(recorded, "socialAccounts")
    accounts["nodes"] = [
        {
            "provider": str(account["provider"]).upper(),
            "url": account["url"],
            "displayName": account.get("displayName") or account["url"].split("//")[-1],
        }
        for account in accounts["nodes"]
    ]
    return accounts


def _connection(recorded: Json, name: str) -> dict[str, Any]:
    found = recorded if isinstance(recorded, list) else _below(recorded, name)
    nodes = found if isinstance(found, list) else (found or {}).get("nodes", [])
    return {"totalCount": len(nodes), "nodes": nodes}


def _below(document: Json, name: str) -> Json:
    """Return what a recording holds under a name, however deep; itself if it is that already."""
    if not isinstance(document, dict):
        return None
    if name in document:
        return document[name]
    for wrapper in ("data", "user", "organization"):
        if wrapper in document:
            return _below(document[wrapper], name)
    return document
