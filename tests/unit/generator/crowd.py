"""Any number of people as GitHub has them, modelled on the accounts that were recorded."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from techub_generator.profile import Activity, GitHubProfile, Organization, Repository

SEED: Final = 20261127
READ_AT: Final = datetime(2026, 11, 27, tzinfo=UTC)
MOST_REPOSITORIES: Final = 24  # of each account: enough for its mix, and 10,000 are quick
MOST_EVENTS: Final = 300


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A number whose ln(1 + n) is normal: what followers, stars and repositories look like."""

    mean: float
    deviation: float

    def drawn(self, chance: random.Random) -> int:
        """Return one such number, 0 or more."""
        return max(0, round(chance.lognormvariate(self.mean, self.deviation)) - 1)


# Means and deviations over the recorded accounts; a test compares them with the recordings.
FOLLOWERS: Final = LogNormal(3.0, 3.0)
PUBLIC_REPOS: Final = LogNormal(4.5, 0.9)
STARS: Final = LogNormal(1.6, 1.8)
STARS_OF_ACCOUNT: Final = 1.3  # how far the means of accounts lie apart, of that deviation

# Own repositories per primary language, account by account; "" has none.
MIXES: Final[tuple[Mapping[str, int], ...]] = (
    {
        "Ruby": 21,
        "Shell": 18,
        "Python": 17,
        "TypeScript": 15,
        "JavaScript": 14,
        "Go": 11,
        "HTML": 10,
        "Astro": 7,
        "Rust": 7,
        "PHP": 5,
        "HCL": 4,
        "Vue": 2,
        "Groovy": 1,
        "Dockerfile": 1,
        "C#": 1,
        "Markdown": 1,
        "PowerShell": 1,
        "CSS": 1,
    },
    {
        "TypeScript": 15,
        "JavaScript": 10,
        "Swift": 5,
        "HTML": 4,
        "Python": 4,
        "Makefile": 2,
        "C++": 1,
        "Rust": 1,
        "Lua": 1,
        "Java": 1,
        "": 1,
    },
    {
        "Python": 17,
        "HTML": 8,
        "JavaScript": 3,
        "C": 3,
        "Go": 3,
        "Dart": 2,
        "Kotlin": 1,
        "Rust": 1,
        "C++": 1,
    },
    {
        "Ruby": 25,
        "": 7,
        "Shell": 3,
        "CSS": 3,
        "CoffeeScript": 3,
        "Go": 1,
        "DIGITAL Command Language": 1,
    },
    {"": 3, "Makefile": 1, "Groovy": 1, "Java": 1, "Shell": 1, "JavaScript": 1},
)
TOPICS: Final = (
    "ai",
    "axios",
    "bash",
    "cloud",
    "devops",
    "education",
    "encryption-decryption",
    "freecodecamp",
    "hacktoberfest",
    "healthkit",
    "inactive",
    "lidar",
    "link-in-bio",
    "linux",
    "ml",
    "networking",
    "nodejs",
    "personal-profile",
    "pyrogram",
    "python",
    "react",
    "ruby",
    "ruby-on-rails",
    "sre",
    "telegram",
    "telegram-bot",
    "telethon",
    "typescript",
    "walking",
)
BIOS: Final = (
    None,
    None,
    "Software engineer for a company, with a personal interest in data science.",
    "Official account!",
    "https://example.com/somebody",
    "DevOps engineer, music producer, and big fan of open source.",
    "Student. I love maths, coffee and long walks.",
    "Founder and maintainer",
    "開発者。蛙が好き。",
)
NAMES: Final = (
    None,
    "Ada",
    "Grace Hopper",
    "José Ñandú",
    "김서연",
    "Dr. Maximiliane von Hohenstein-Sigmaringen",
    "X",
    "Mc. the Coder",
)
WORDS: Final = (
    "anchor",
    "atlas",
    "badge",
    "bloom",
    "cache",
    "canvas",
    "cedar",
    "comet",
    "delta",
    "drift",
    "ember",
    "engine",
    "fable",
    "ferry",
    "harbor",
    "hazel",
    "index",
    "kettle",
    "lantern",
    "ledger",
    "linux",
    "meadow",
    "mirror",
    "notes",
    "orbit",
    "parser",
    "pebble",
    "portfolio",
    "pulse",
    "quill",
    "raven",
    "relay",
    "ripple",
    "server",
    "signal",
    "site",
    "sketch",
    "tide",
    "tracker",
    "vault",
    "willow",
)


def crowd(count: int, seed: int = SEED) -> Iterator[GitHubProfile]:
    """Yield so many different people, the same ones for a seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield _somebody(chance, number)


def _somebody(chance: random.Random, number: int) -> GitHubProfile:
    login = _login(chance, number)
    public = PUBLIC_REPOS.drawn(chance)
    owned = chance.choice((1.0, 1.0, 0.95, 0.9, 0.4, 0.05))
    repositories = _repositories(chance, login, min(public, MOST_REPOSITORIES), owned)
    events = chance.choice((0, 0, min(MOST_EVENTS, LogNormal(3.5, 1.5).drawn(chance)), 90, 300))
    recent = chance.sample(repositories, min(len(repositories), chance.randint(0, 6)))
    return GitHubProfile.model_construct(
        id=number + 1,
        login=login,
        name=chance.choice(NAMES),
        type="User" if chance.random() < 0.93 else "Organization",
        bio=chance.choice(BIOS),
        followers=FOLLOWERS.drawn(chance),
        following=LogNormal(2.0, 2.0).drawn(chance),
        public_repos=public,
        created_at=READ_AT - timedelta(days=chance.randint(30, 6_600)),
        read_at=READ_AT,
        repositories=repositories,
        organizations=tuple(
            Organization.model_construct(id=each, login=f"guild-{each}")
            for each in range(chance.choice((0, 0, 1, 1, 4)))
        ),
        activity=Activity.model_construct(
            total_events=events,
            event_breakdown={
                "PushEvent": events * 3 // 4,
                "PullRequestReviewEvent": chance.choice((0, 0, 0, events // 10)),
            },
            recent_repos=tuple(one.full_name for one in recent) if events else (),
        ),
    )


def _login(chance: random.Random, number: int) -> str:
    return f"{chance.choice(WORDS)}{chance.choice(('', '-', 'x'))}{number}"


def _repositories(
    chance: random.Random, login: str, count: int, owned: float
) -> tuple[Repository, ...]:
    mix = chance.choice(MIXES)
    # Everybody has a taste: the mix is the same, the favourite is not.
    taste = [weight * chance.gammavariate(0.6, 1.0) for weight in mix.values()]
    level = chance.gauss(STARS.mean, STARS_OF_ACCOUNT)
    stars = LogNormal(level, (STARS.deviation**2 - STARS_OF_ACCOUNT**2) ** 0.5)
    subjects = chance.sample(TOPICS, 6)
    names = [f"{one}-{chance.choice(WORDS)}" for one in chance.choices(WORDS, k=count)]
    columns = zip(
        names,
        chance.choices(list(mix), taste, k=count),
        chance.choices((None, "made with care.", "The code of {}, with notes."), k=count),
        chance.choices(((), (), (), tuple(subjects[:2]), tuple(subjects[1:5])), k=count),
        chance.choices((False, True), (owned, 1 - owned), k=count),
        chance.choices((False, True), chance.choice(((1, 0), (1, 0), (1, 0), (7, 3))), k=count),
        strict=True,
    )
    return tuple(
        Repository.model_construct(
            name=name,
            full_name=f"{login}/{name}",
            description=about and about.format(name),
            stars=stars.drawn(chance),
            language=language or None,
            topics=topics,
            fork=fork,
            archived=archived,
        )
        for name, language, about, topics, fork, archived in columns
    )
