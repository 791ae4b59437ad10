"""Traits without a model: always valid, always the same, about the person, and never dull."""

import json
import math
import re
import statistics
import string
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techub_common.traits import ARCHETYPES, PLAYING_CARDS, SPIRIT_ANIMALS, CardTraits
from techub_generator.heuristics import biography, powers, reasons_of, traits_of
from techub_generator.heuristics.character import animal_of, archetype_of
from techub_generator.heuristics.facts import Leaning, facts_of
from techub_generator.heuristics.lines import Line, gaps
from techub_generator.heuristics.stats import attack_of, scaled
from techub_generator.heuristics.tags import tag_of
from techub_generator.heuristics.telling import UNHEARD
from techub_generator.heuristics.titles import CALLINGS, EPITHETS, REALMS
from techub_generator.heuristics.vibes import HUMMED, PLAIN, SPOKEN, TAGS
from techub_generator.profile import Activity, GitHubProfile, Organization, Repository
from techub_generator.traits import violations
from tests.unit.generator.crowd import FOLLOWERS, MIXES, PUBLIC_REPOS, STARS, crowd

Make = Callable[..., GitHubProfile]

READ_AT = datetime(2026, 11, 23, tzinfo=UTC)
LANGUAGES = [*REALMS, "C++", "DIGITAL Command Language", "Brainfuck", "F*", "HTML+ERB"]
LOGINS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", fullmatch=True)
SOME = st.one_of(st.none(), st.text(max_size=160))
MANY = st.integers(min_value=0, max_value=300_000)
MOMENTS = st.integers(min_value=0, max_value=7_000).map(lambda days: READ_AT - timedelta(days=days))

REPOSITORIES = st.builds(
    Repository,
    name=st.from_regex(r"[A-Za-z0-9._-]{1,100}", fullmatch=True),
    full_name=st.just("ada/engine"),
    description=SOME,
    stars=MANY,
    language=st.one_of(st.none(), st.sampled_from(LANGUAGES), st.text(min_size=1, max_size=30)),
    topics=st.lists(st.text(string.ascii_lowercase + "-0123456789", max_size=50)).map(tuple),
    fork=st.booleans(),
    archived=st.booleans(),
)
PROFILES = st.builds(
    GitHubProfile,
    id=st.integers(min_value=1),
    login=LOGINS,
    name=SOME,
    type=st.sampled_from(["User", "Organization"]),
    bio=SOME,
    followers=MANY,
    public_repos=MANY,
    created_at=MOMENTS,
    read_at=st.just(READ_AT),
    repositories=st.lists(REPOSITORIES, max_size=12).map(tuple),
    organizations=st.one_of(
        st.none(),
        st.integers(0, 9).map(lambda n: tuple(Organization(id=i, login="o") for i in range(n))),
    ),
    activity=st.one_of(
        st.none(),
        st.builds(
            Activity,
            total_events=st.integers(0, 300),
            recent_repos=st.lists(st.just("ada/engine"), max_size=10).map(tuple),
        ),
    ),
)


@settings(deadline=None, max_examples=100)
@given(PROFILES)
def test_any_profile_has_traits(profile: GitHubProfile) -> None:
    """Every profile has valid traits, the same ones again after a trip through JSON."""
    traits = traits_of(profile)

    assert isinstance(traits, CardTraits)
    assert traits == traits_of(GitHubProfile.model_validate_json(profile.model_dump_json()))
    assert violations(traits.model_dump(), _names(profile)) == []
    assert all(text.strip() for text in traits.model_dump().values() if isinstance(text, str))


@pytest.mark.parametrize(
    "text",
    ["<b>me</b>", "**me**", "`rm -rf`", "www.me.example", "I do my thing", "__init__", "&amp;"],
)
def test_what_people_wrote_breaks_no_rule(profile: Make, text: str) -> None:
    """Markup, links and first persons in names, bios and repositories make no card invalid."""
    person = profile(
        name=text,
        bio=text,
        repositories=(
            Repository(name=text, full_name=f"ada/{text}", description=text, stars=2_000),
            Repository(name="looms", full_name="ada/looms", description=text, language=text),
        ),
        activity=Activity(total_events=70, recent_repos=(f"ada/{text}",)),
    )

    assert violations(traits_of(person).model_dump(), _names(person)) == []


@pytest.mark.parametrize(
    "text",
    ["The ”best” tool", "A tool” I made", 'Says "hello" twice', "“Quoted” by me", "An “open one"],
)
def test_a_description_ends_where_it_ends(profile: Make, text: str) -> None:
    """What somebody wrote about a repository is one quotation, whatever marks stand in it."""
    engine = Repository(name="engine", full_name="ada/engine", description=text, stars=2_000)
    traits = traits_of(profile(repositories=(engine,)))
    about = traits.long_bio.partition("In its own words: “")[2]

    assert about
    assert about.partition("”.")[0].count("”") == about.count('"') == 0
    assert (about.count("“"), about.count("”")) == (0, 1)
    assert violations(traits.model_dump(), ("ada", "engine")) == []


def _names(profile: GitHubProfile) -> list[str]:
    """Return what people called themselves and their repositories: names are not read as words."""
    given = [profile.name or "", profile.login, *(one.name for one in profile.repositories)]
    return [*given, *profile.languages]


@pytest.fixture(scope="module")
def cards() -> list[CardTraits]:
    """Write the cards of 1,000 people once."""
    return [traits_of(one) for one in crowd(1_000)]


def test_everything_is_reachable() -> None:
    """Among 10,000 people nearly every archetype and animal turns up, and none all the time."""
    people = 10_000
    drawn = [(archetype_of(one), animal_of(one)) for one in map(facts_of, crowd(people))]

    archetypes, animals = (Counter(column) for column in zip(*drawn, strict=True))
    for seen, all_of_them in ((archetypes, ARCHETYPES), (animals, SPIRIT_ANIMALS)):
        assert len(seen) >= 0.8 * len(all_of_them)
        assert max(seen.values()) <= 0.15 * people


def test_cards_differ(cards: list[CardTraits]) -> None:
    """Among 1,000 people no line is on every seventh card, and hardly a title is seen twice."""
    for words in ("buff", "weakness", "special_move", "vibe", "tagline", "flavor_text"):
        assert max(Counter(getattr(one, words) for one in cards).values()) <= 0.15 * len(cards)
    assert len({one.title for one in cards}) > 600


def test_no_word_stands_on_a_card_four_times(cards: list[CardTraits]) -> None:
    """Names, languages and all other words but the small ones appear three times at most."""
    repeated = [
        (word, card.title)
        for card in cards
        for word, times in Counter(re.findall(r"[^\W_]+", _text(card).casefold())).items()
        if times > 3 and word not in UNHEARD
    ]

    assert repeated == []


def test_cards_speak_of_a_third_person(cards: list[CardTraits]) -> None:
    """Nobody says “I” or “you” on a card, and no line has a gap left or two blanks in a row."""
    spoken = re.compile(r"\b(I|me|my|mine|you|yours?|we|us|ours?)\b|[{}]|  | ,|\.\.", re.IGNORECASE)

    assert [card.title for card in cards if spoken.search(_text(card))] == []


def test_crowd_is_like_the_recorded_accounts(recorded: Path) -> None:
    """The crowd's numbers and mixes are those of the real accounts that were recorded."""
    followers, stars, public, mixes = [], [], [], []
    for account in ("jekyll", "bitwiseman", "ankit-chaubey", "and3rn3t"):
        folder = recorded / "github" / account
        user = json.loads((folder / "user.json").read_text("utf-8"))
        every = [one for page in folder.glob("repos*.json") for one in json.loads(page.read_text())]
        own = [one for one in every if not one["fork"]]
        followers.append(user["followers"])
        public.append(user["public_repos"])
        stars += [one["stargazers_count"] for one in own]
        mixes.append(Counter(one["language"] or "" for one in own))
    famous = recorded / "github" / "loftwah"
    user = json.loads((famous / "user.derived.json").read_text("utf-8"))
    followers.append(user["followers"])
    public.append(user["public_repos"])
    mixes.append(Counter(json.loads((famous / "languages.derived.json").read_text("utf-8"))))

    for drawn, real in ((FOLLOWERS, followers), (PUBLIC_REPOS, public), (STARS, stars)):
        logs = [math.log1p(one) for one in real]
        assert statistics.mean(logs) == pytest.approx(drawn.mean, abs=0.1)
        assert statistics.stdev(logs) == pytest.approx(drawn.deviation, abs=0.1)
    assert sorted(map(_pairs, mixes)) == sorted(map(_pairs, MIXES))


def _pairs(mix: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(mix.items())


def _text(card: CardTraits) -> str:
    """Return everything that is written on a card."""
    values = card.model_dump().values()
    return "\n".join(
        part
        for one in values
        for part in ((one,) if isinstance(one, str) else one if isinstance(one, tuple) else ())
    )


def test_alike_but_not_the_same(profile: Make) -> None:
    """Two people with equal facts get different cards, one spelled differently gets the same."""
    ada, bob = traits_of(profile(name="A")), traits_of(profile(name="A", login="bob"))

    assert ada != bob
    assert ada == traits_of(profile(name="A", login="ADA"))


def test_known_outcome(profile: Make) -> None:
    """Picks depend on nothing but the profile, in every process and on every machine."""
    traits = traits_of(profile(name="Ada Lovelace", login="ada"))

    assert (traits.playing_card, traits.archetype, traits.spirit_animal) == KNOWN


KNOWN = ("10 of ♥", "The Caregiver", "Loftbubu")


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_stats_only_grow(one: float, other: float) -> None:
    """A higher raw score is never a lower stat, and both ends of the scale are reached."""
    low, high = sorted((one, other))

    assert 60 <= scaled(low) <= scaled(high) <= 99
    assert [scaled(0), scaled(30), scaled(1e9)] == [60, 80, 99]


def test_reasons(profile: Make) -> None:
    """Each stat says what it was counted from, the weightiest first, and nothing that is not so."""
    repositories = tuple(
        Repository(name=name, full_name=f"ada/{name}", stars=stars)
        for name, stars in (("engine", 1_000), ("looms", 200))
    )
    busy = Activity(total_events=12, recent_repos=("ada/engine",))
    told = reasons_of(
        profile(followers=9, repositories=repositories, public_repos=2, activity=busy)
    )
    nothing = reasons_of(profile(created_at=READ_AT))

    assert told == {
        "attack": "1,200 stars on the 2 best-known repositories, work on 1 repository lately"
        " and 9 followers.",
        "defense": "10 years on GitHub and 2 public repositories.",
        "speed": "Work on 1 repository lately and 12 recent public events.",
    }
    assert nothing == {
        "attack": "No followers, stars or recent work to be seen.",
        "defense": "A young account.",
        "speed": "No public events lately.",
    }


@settings(deadline=None, max_examples=50)
@given(PROFILES)
def test_any_stat_has_a_reason(profile: GitHubProfile) -> None:
    """Whoever it is, the three stats have a sentence each."""
    reasons = reasons_of(profile)

    assert set(reasons) == {"attack", "defense", "speed"}
    assert all(one[0].isupper() or one[0].isdigit() for one in reasons.values())
    assert all(one.endswith(".") for one in reasons.values())


def test_attack(profile: Make) -> None:
    """More followers, more attack."""
    assert attack_of(profile(followers=100)) < attack_of(profile(followers=1_000))


@pytest.mark.parametrize(
    ("language", "suit"),
    [("Ruby", "♥"), ("JavaScript", "♣"), ("TypeScript", "♣"), ("Go", "♠"), ("Python", "♦")],
)
def test_suits(profile: Make, language: str, suit: str) -> None:
    """The main language decides the suit, JavaScript and TypeScript included."""
    repositories = (Repository(name="r", full_name="ada/r", language=language),)

    assert traits_of(profile(repositories=repositories)).playing_card.endswith(suit)


@pytest.mark.parametrize(
    ("followers", "stars", "repositories", "rank"),
    [
        (2_000, 0, 0, "Ace"),
        (0, 6_000, 0, "King"),
        (500, 2_000, 0, "Queen"),
        (500, 0, 0, "Jack"),
        (499, 0, 0, "10"),
        (0, 0, 3, "7"),
    ],
)
def test_ranks(profile: Make, followers: int, stars: int, repositories: int, rank: str) -> None:
    """Reach makes a court card; below that the number of repositories decides."""
    shown = (Repository(name="r", full_name="ada/r", stars=stars),)
    card = traits_of(
        profile(followers=followers, repositories=shown, public_repos=repositories)
    ).playing_card

    assert card.startswith(f"{rank} of ")
    assert card in PLAYING_CARDS


@pytest.mark.parametrize(
    ("bio", "vibe"),
    [
        ("I do OSS at night", "Open Source"),
        ("open-source gardener", "Open Source"),
        ("Startup founder", "Founder"),
        ("AI, ML and tea", "AI Builder"),
        ("write me an email, I maintain html", None),
        ("glossary enthusiast", None),
        ("Student of physics", "Rising Spark"),
    ],
)
def test_vibe_hears_whole_words(profile: Make, bio: str, vibe: str | None) -> None:
    """A bio is read word by word: an email makes nobody an AI builder."""
    heard = traits_of(profile(bio=bio)).vibe

    spoken = {line.name for _, line, _ in SPOKEN}
    assert heard == vibe if vibe else heard not in spoken


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("C++", "cpp"),
        ("C#", "csharp"),
        ("C", "c"),
        ("F#", "fsharp"),
        ("Objective-C", "objective-c"),
        ("Jupyter Notebook", "jupyter"),
        ("Vim Script", "vimscript"),
        ("machine_learning", "machine-learning"),
        ("one-two-three-four", None),
        ("日本語", None),
        ("", None),
    ],
)
def test_tag(text: str, tag: str | None) -> None:
    """Languages keep their identity as tags; what makes no tag is left out."""
    assert tag_of(text) == tag


def test_tags_of_somebody(profile: Make) -> None:
    """Languages first, then topics, then the role."""
    repositories = (
        Repository(name="a", full_name="ada/a", language="C++", topics=("python", "wip", "looms")),
        Repository(name="b", full_name="ada/b", language="C#"),
    )

    tags = traits_of(profile(bio="OSS", repositories=repositories)).tags

    assert tags[:5] == ("csharp", "cpp", "looms", "python", "open-source")


def test_forks_are_other_peoples(profile: Make) -> None:
    """A fork adds no language, no topic and no star."""
    repositories = (Repository(name="a", full_name="a/a", language="Zig", stars=9, fork=True),)
    person = profile(repositories=repositories)

    assert (person.languages, person.total_stars, person.top_repositories) == ({}, 0, ())


def test_a_profile_page_is_no_showpiece(profile: Make) -> None:
    """The repository that holds a person's profile page is not what they are known for."""
    repositories = (
        Repository(name="Ada", full_name="ada/Ada", stars=50),
        Repository(name="looms", full_name="ada/looms", stars=3),
    )

    assert facts_of(profile(repositories=repositories)).words["repo"] == "looms"


def _tables() -> list[tuple[str, tuple[Line[Any], ...], int]]:
    return [
        ("buff", powers.BUFFS, 30),
        ("weakness", powers.WEAKNESSES, 30),
        ("move", powers.MOVES, 40),
        ("tagline", biography.TAGLINES, 140),
        ("flavor", biography.FLAVORS, 80),
        ("opening", biography.OPENINGS, 280),
    ]


@pytest.mark.parametrize(("what", "lines", "limit"), _tables(), ids=lambda part: str(part)[:9])
def test_tables(what: str, lines: tuple[Line[Any], ...], limit: int, profile: Make) -> None:
    """Names fit their place, lines differ, and somebody without any facts gets one too."""
    nobody = facts_of(profile(created_at=READ_AT))

    assert all(len(line.name or line.says) <= limit for line in lines)
    assert len({line.says for line in lines}) == len(lines)
    assert any(line.suits(nobody) for line in lines)
    assert what == "opening" or not any("name" in gaps(line.says) for line in lines)


def test_word_tables() -> None:
    """Every archetype has its callings and closing line, every title fits, every vibe too."""
    assert set(CALLINGS) == set(biography.CLOSINGS) == set(ARCHETYPES)
    callings = [calling for group in CALLINGS.values() for calling in group]
    realms = [realm for group in REALMS.values() for realm in group]
    titles = [f"{a} of {b}" for a in callings for b in realms]
    titles += [f"{a} {b}" for a in EPITHETS for b in callings]
    assert all(len(title) <= 60 and 2 <= len(title.split()) <= 5 for title in titles)
    vibes = [*(line for _, line, _ in SPOKEN), *HUMMED, *PLAIN]
    assert all(len(vibe.name) <= 30 for vibe in vibes)
    assert set(TAGS) == {vibe.name for vibe in vibes}
    assert all(tag_of(tag) == tag for tag in TAGS.values())


def test_leanings_are_all_used() -> None:
    """Every leaning changes what somebody may become."""
    lines = [*powers.BUFFS, *powers.WEAKNESSES, *powers.MOVES]

    assert set(Leaning) <= {line.leaning for line in lines}


def test_a_repository_that_cannot_be_named(
    profile: Make, repository: Callable[..., Repository]
) -> None:
    """A name nobody can say is not said, and its description is not told either."""
    nameless = repository("__0", description="0", stars=3)

    told = traits_of(profile(repositories=(nameless,)))

    assert "__0" not in told.long_bio
    assert "In its own words" not in told.long_bio
