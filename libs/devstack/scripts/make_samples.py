"""Writes the samples: `python make_samples.py`. The same people give the same files."""

import base64
import hashlib
import json
import random
import textwrap
from pathlib import Path
from typing import Any

import github_shapes as shapes
from people import ORGANISATIONS, PEOPLE, Person

SAMPLES = Path(__file__).parents[1] / "src" / "techub_devstack" / "samples"
DAYS_OF_CONTRIBUTIONS = 371
WINDOW_DAYS = 90
BUSY = 2
EVENTS_REACH_DAYS = 80.0
LEVELS = ("NONE", "FIRST_QUARTILE", "SECOND_QUARTILE", "THIRD_QUARTILE", "FOURTH_QUARTILE")


def main() -> None:
    """Write every person's folder."""
    for person in PEOPLE:
        chance = random.Random(person.login)
        repositories = [shapes.repository(person, repo) for repo in person.repositories]
        write(person, "user", shapes.user(person))
        write(person, "repos", repositories)
        write(
            person,
            "orgs",
            [shapes.organisation(login, *ORGANISATIONS[login]) for login in person.organisations],
        )
        write(person, "social", [{"provider": name, "url": url} for name, url in person.social])
        write(person, "languages", languages(person))
        write(person, "events", events(person, repositories, chance))
        write(person, "pinned", pinned(person))
        if person.kind == "User":
            write(person, "contributions", contributions(person, chance), indent=None)
        if person.readme:
            write(person, "readme", readme(person))


def write(person: Person, name: str, document: object, indent: int | None = 1) -> None:
    """Write one answer; an empty list is what a missing file means."""
    path = SAMPLES / person.login / f"{name}.json"
    if document in ([], {}):
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", "utf-8")


def languages(person: Person) -> dict[str, dict[str, int]]:
    """Bytes per language, per repository."""
    return {
        repo.name: {
            name: int(shapes.size_of(repo) * 1024 * share)
            for name, share in (repo.also or {repo.language: 1.0}).items()
        }
        for repo in person.repositories
        if repo.language
    }


def events(
    person: Person, repositories: list[dict[str, Any]], chance: random.Random
) -> list[dict[str, Any]]:
    """Public events, newest first, more of them recently."""
    if not repositories:
        return []
    own = [repo for repo in repositories if not repo["fork"] and not repo["archived"]]
    moments = sorted(EVENTS_REACH_DAYS * chance.random() ** 1.6 + 0.1 for _ in range(person.events))
    told = []
    for place, days_ago in enumerate(moments):
        repo = chance.choices(own, weights=range(len(own), 0, -1))[0]
        told.append(shapes.event(person, repo, days_ago, place, chance))
    return told


def pinned(person: Person) -> dict[str, Any] | list[Any]:
    """GraphQL's answer to the pinned items."""
    by_name = {repo.name: repo for repo in person.repositories}
    nodes = [shapes.pinned(person, by_name[name]) for name in person.pinned]
    owner = "user" if person.kind == "User" else "organization"
    return {"data": {owner: {"pinnedItems": {"nodes": nodes}}}} if nodes else []


def contributions(person: Person, chance: random.Random) -> dict[str, Any]:
    """GraphQL's answer to the contributions of a year; the sums are those of the last 90 days."""
    counts = [contributed(person, days_ago, chance) for days_ago in range(DAYS_OF_CONTRIBUTIONS)]
    days = [
        {
            "date": f"{{{{date:{days_ago}}}}}",
            "contributionCount": count,
            "contributionLevel": LEVELS[min(4, -(-count // max(1, int(person.pace))))],
        }
        for days_ago, count in reversed(list(enumerate(counts)))
    ]
    total = sum(counts[: WINDOW_DAYS + 1])
    commits, pulls, reviews = int(total * 0.72), int(total * 0.13), int(total * 0.09)
    collection = {
        "totalCommitContributions": commits,
        "totalPullRequestContributions": pulls,
        "totalPullRequestReviewContributions": reviews,
        "totalIssueContributions": total - commits - pulls - reviews,
        "totalRepositoryContributions": min(2, len(person.repositories)),
        "restrictedContributionsCount": 0,
        "contributionCalendar": {
            "totalContributions": sum(counts),
            "weeks": [{"contributionDays": days[at : at + 7]} for at in range(0, len(days), 7)],
        },
    }
    return {"data": {"user": {"contributionsCollection": collection}}}


def contributed(person: Person, days_ago: int, chance: random.Random) -> int:
    """Someone's day: nothing before they came, rests now and then, and now and then a storm."""
    rests = chance.random() < (0.22 if person.pace > BUSY else 0.55)
    if days_ago > person.age_days or person.pace == 0 or rests:
        return 0
    return round(chance.gammavariate(1.7, person.pace / 1.7))


def readme(person: Person) -> dict[str, Any]:
    """The profile's README as the contents API gives it."""
    content = (person.readme or "").encode()
    sha = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - git's own
    encoded = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 60)) + "\n"
    return shapes.readme(person, size=len(content), sha=sha, content=encoded)


if __name__ == "__main__":
    main()
