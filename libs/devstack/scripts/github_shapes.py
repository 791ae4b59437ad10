"""The shapes of GitHub's answers, filled in for an invented account."""

import base64
import hashlib
import random
from typing import Any

from people import Person, Repository

API = "https://api.github.com"
WEB = "https://github.com"
DEFAULT_COLOUR = "#8a8f98"
LANGUAGE_COLOURS = {
    "Rust": "#dea584",
    "Go": "#00ADD8",
    "TypeScript": "#3178c6",
    "JavaScript": "#f1e05a",
    "Python": "#3572A5",
    "OCaml": "#ef7a08",
    "C": "#555555",
    "C++": "#f34b7d",
    "GLSL": "#5686a5",
    "CSS": "#663399",
    "Zig": "#ec915c",
    "Shell": "#89e051",
}
LICENCE = {
    "key": "mit",
    "name": "MIT License",
    "spdx_id": "MIT",
    "url": f"{API}/licenses/mit",
    "node_id": "MDc6TGljZW5zZTEz",
}
REPOSITORY_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}


def ago(days: float) -> str:
    """Return the marker of an instant, rendered when it is served."""
    return f"{{{{days_ago:{days:g}}}}}"


def node(kind: str, number: int) -> str:
    """Return a node id in GitHub's older form."""
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def number_of(*parts: str) -> int:
    """Return a number that belongs to a name for ever."""
    return 700_000_000 + int(hashlib.sha256("/".join(parts).encode()).hexdigest()[:7], 16)


def size_of(repo: Repository) -> int:
    """Return a repository's size in kilobytes."""
    return 40 + number_of(repo.name, "size") % 4_000


def owner(person: Person) -> dict[str, Any]:
    """The short form of an account, inside other answers."""
    url = f"{API}/users/{person.login}"
    return {
        "login": person.login,
        "id": person.number,
        "node_id": node(person.kind, person.number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{person.number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{WEB}/{person.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": person.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def user(person: Person) -> dict[str, Any]:
    """The answer of /users/{login}."""
    return {
        **owner(person),
        "name": person.name,
        "company": person.company,
        "blog": person.blog,
        "location": person.location,
        "email": None,
        "hireable": person.hireable,
        "bio": person.bio,
        "twitter_username": next(
            (url.rsplit("/", 1)[1] for name, url in person.social if name == "twitter"), None
        ),
        "public_repos": len(person.repositories),
        "public_gists": person.followers % 7,
        "followers": person.followers,
        "following": person.following,
        "created_at": ago(person.age_days),
        "updated_at": ago(1.5),
    }


def organisation(login: str, number: int, about: str | None) -> dict[str, Any]:
    """An entry of /users/{login}/orgs."""
    url = f"{API}/orgs/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": node("Organization", number),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "description": about,
    }


def repository(person: Person, repo: Repository) -> dict[str, Any]:
    """An entry of /users/{login}/repos."""
    full_name = f"{person.login}/{repo.name}"
    url, number = f"{API}/repos/{full_name}", number_of(full_name)
    issues = repo.stars // 90
    return {
        "id": number,
        "node_id": node("Repository", number),
        "name": repo.name,
        "full_name": full_name,
        "private": False,
        "owner": owner(person),
        "html_url": f"{WEB}/{full_name}",
        "description": repo.about,
        "fork": repo.fork,
        "url": url,
        **{name: url + path for name, path in REPOSITORY_LINKS.items()},
        "created_at": ago(repo.created),
        "updated_at": ago(repo.pushed),
        "pushed_at": ago(repo.pushed),
        "git_url": f"git://github.com/{full_name}.git",
        "ssh_url": f"git@github.com:{full_name}.git",
        "clone_url": f"{WEB}/{full_name}.git",
        "svn_url": f"{WEB}/{full_name}",
        "homepage": None,
        "size": size_of(repo),
        "stargazers_count": repo.stars,
        "watchers_count": repo.stars,
        "language": repo.language,
        "has_issues": not repo.fork,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": repo.stars > 1000,
        "forks_count": repo.forks,
        "mirror_url": None,
        "archived": repo.archived,
        "disabled": False,
        "open_issues_count": issues,
        "license": LICENCE if repo.language else None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "has_pull_requests": True,
        "pull_request_creation_policy": "all",
        "topics": list(repo.topics),
        "visibility": "public",
        "forks": repo.forks,
        "open_issues": issues,
        "watchers": repo.stars,
        "default_branch": "main",
        "permissions": dict.fromkeys(("admin", "maintain", "push", "triage"), False)
        | {"pull": True},
    }


def pinned(person: Person, repo: Repository) -> dict[str, Any]:
    """A node of GraphQL's pinnedItems."""
    colour = LANGUAGE_COLOURS.get(repo.language or "", DEFAULT_COLOUR)
    return {
        "__typename": "Repository",
        "id": node("Repository", number_of(f"{person.login}/{repo.name}")),
        "databaseId": number_of(f"{person.login}/{repo.name}"),
        "name": repo.name,
        "nameWithOwner": f"{person.login}/{repo.name}",
        "description": repo.about,
        "url": f"{WEB}/{person.login}/{repo.name}",
        "homepageUrl": None,
        "stargazerCount": repo.stars,
        "forkCount": repo.forks,
        "isFork": repo.fork,
        "isArchived": repo.archived,
        "isPrivate": False,
        "primaryLanguage": {"name": repo.language, "color": colour} if repo.language else None,
        "repositoryTopics": {
            "totalCount": len(repo.topics),
            "nodes": [{"topic": {"name": topic}} for topic in repo.topics],
        },
        "owner": {"__typename": person.kind, "login": person.login},
        "createdAt": ago(repo.created),
        "updatedAt": ago(repo.pushed),
        "pushedAt": ago(repo.pushed),
    }


def event(
    person: Person, repo: dict[str, Any], days_ago: float, place: int, chance: random.Random
) -> dict[str, Any]:
    """An entry of /users/{login}/events."""
    kinds = {
        "PushEvent": 60,
        "PullRequestEvent": 14,
        "IssueCommentEvent": 10,
        "IssuesEvent": 6,
        "CreateEvent": 5,
        "WatchEvent": 3,
        "ReleaseEvent": 2,
    }
    kind = chance.choices(list(kinds), weights=list(kinds.values()))[0]
    told = {
        "id": str(61_900_000_000 - place * 13_337 + person.number % 1_000),
        "type": kind,
        "actor": {
            "id": person.number,
            "login": person.login,
            "display_login": person.login,
            "gravatar_id": "",
            "url": f"{API}/users/{person.login}",
            "avatar_url": f"https://avatars.githubusercontent.com/u/{person.number}?",
        },
        "repo": {
            "id": repo["id"],
            "name": repo["full_name"],
            "url": f"{API}/repos/{repo['full_name']}",
        },
        "payload": payload(kind, repo, chance),
        "public": True,
        "created_at": ago(round(days_ago, 3)),
    }
    if repo["owner"]["type"] == "Organization":
        organisation_keys = ("id", "login", "gravatar_id", "url", "avatar_url")
        told["org"] = {key: repo["owner"][key] for key in organisation_keys}
    return told


def payload(kind: str, repo: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """What an event of this kind carries, as short as GitHub gives it today."""
    number = chance.randint(2, 900)
    thing = {
        "url": f"{repo['url']}/issues/{number}",
        "id": 3_000_000_000 + number,
        "number": number,
    }
    shas = [f"{chance.getrandbits(160):040x}" for _ in range(2)]
    push = {
        "repository_id": repo["id"],
        "push_id": 36_000_000_000 + chance.randint(0, 10**9),
        "ref": "refs/heads/main",
        "head": shas[0],
        "before": shas[1],
    }
    release = {
        "url": f"{repo['url']}/releases/{number}",
        "tag_name": f"v1.{number}",
        "draft": False,
    }
    created = {
        "ref": f"tidy-{number}",
        "ref_type": "branch",
        "full_ref": f"refs/heads/tidy-{number}",
        "master_branch": "main",
        "description": repo["description"],
        "pusher_type": "user",
    }
    return {
        "PushEvent": push,
        "PullRequestEvent": {
            "action": chance.choice(["opened", "closed", "merged"]),
            "number": number,
            "pull_request": thing | {"url": f"{repo['url']}/pulls/{number}"},
        },
        "IssueCommentEvent": {"action": "created", "issue": thing, "comment": {"id": number}},
        "IssuesEvent": {"action": chance.choice(["opened", "closed"]), "issue": thing},
        "CreateEvent": created,
        "WatchEvent": {"action": "started"},
        "ReleaseEvent": {"action": "published", "release": release},
    }[kind]


def readme(person: Person, *, size: int, sha: str, content: str) -> dict[str, Any]:
    """The answer of /repos/{login}/{login}/readme."""
    full_name = f"{person.login}/{person.login}"
    url = f"{API}/repos/{full_name}"
    links = {
        "self": f"{url}/contents/README.md?ref=main",
        "git": f"{url}/git/blobs/{sha}",
        "html": f"{WEB}/{full_name}/blob/main/README.md",
    }
    return {
        "name": "README.md",
        "path": "README.md",
        "sha": sha,
        "size": size,
        "url": links["self"],
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"https://raw.githubusercontent.com/{full_name}/main/README.md",
        "type": "file",
        "content": content,
        "encoding": "base64",
        "_links": links,
    }
