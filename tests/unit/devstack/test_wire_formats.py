"""The pure parts of the doubles: links, faults, cards, pictures, kept mails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techub_common.traits import CardTraits
from techub_devstack.doubles import gemini_card, gemini_picture
from techub_devstack.doubles.faults import Asked, Control, Fault, Match
from techub_devstack.doubles.github_wire import link_header, with_local_avatars
from techub_devstack.doubles.mail_store import MailStore, OtherPayload

MAIL = {"from": "a@example.com", "to": "b@example.com", "subject": "Hi", "text": "Hello"}


@pytest.mark.parametrize(
    ("page", "rels"),
    [(1, ["next", "last"]), (2, ["prev", "next", "last", "first"]), (3, ["prev", "first"])],
)
def test_link_header(page: int, rels: list[str]) -> None:
    """The links GitHub gives on the first, a middle and the last page."""
    link = link_header("http://x/repos", {"per_page": "5"}, page=page, last=3)

    assert [part.split('"')[1] for part in link.split(", ")] == rels
    assert link_header("http://x/repos", {}, page=1, last=1) == ""


def test_avatars_are_served_by_the_double() -> None:
    """Wherever someone stands in an answer, and only where it says who."""
    document = [{"owner": {"login": "ada", "avatar_url": "https://a/u/1"}}, {"avatar_url": "kept"}]

    assert with_local_avatars(document, "http://double") == [
        {"owner": {"login": "ada", "avatar_url": "http://double/avatars/ada?v=4"}},
        {"avatar_url": "kept"},
    ]


@pytest.mark.parametrize(
    ("asked", "mentioned"),
    [
        (Asked("GET", "/users/Ada/repos", "", ""), True),
        (Asked("GET", "/users/ada-2", "", ""), False),
        (Asked("POST", "/graphql", "", '{"variables": {"login": "ada"}}'), True),
        (Asked("POST", "/v1/models/m", "", '{"text": "{\\"login\\": \\"ada\\"}"}'), True),
        (Asked("GET", "/search", "q=ada", ""), True),
        (Asked("GET", "/users/canada", "", ""), False),
    ],
)
def test_a_login_is_a_word(asked: Asked, *, mentioned: bool) -> None:
    """A fault for one login leaves its namesakes alone."""
    assert Match(login="ada").fits(asked) is mentioned


def test_a_fault_is_used_up() -> None:
    """Twice means twice; the next one in line comes after it."""
    always = Fault(status=500)
    control = Control(faults=[Fault(status=503, times=2), always])
    asked = Asked("GET", "/", "", "")

    due = [control.due(asked) for _ in range(4)]

    assert [fault.status for fault in due if fault] == [503, 503, 500, 500]


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,38}", fullmatch=True), st.text(max_size=30))
def test_every_card_is_valid(login: str, name: str) -> None:
    """Whoever is asked about, the twenty traits keep the rules, and are the same the next time."""
    languages = [{"name": "C++"}, {"name": "C#"}, {"name": "C"}]
    prompt = json.dumps({"profile": {"login": login, "name": name}, "languages": languages})

    card = gemini_card.card(prompt)

    assert CardTraits.model_validate(card).tags[:3] == ("cpp", "csharp", "c")
    assert gemini_card.card(prompt) == card


def test_other_schemas_are_filled_in() -> None:
    """Every property of its kind."""
    properties = {
        "mood": {"type": "STRING"},
        "score": {"type": "INTEGER"},
        "tags": {"type": "array", "items": {"type": "string"}},
    }

    filled = gemini_card.fill({"type": "OBJECT", "properties": properties})

    assert {key: type(value) for key, value in filled.items()} == {
        "mood": str,
        "score": int,
        "tags": list,
    }


@pytest.mark.parametrize(
    ("ratio", "size"), [("16:9", (768, 432)), ("9:16", (432, 768)), ("?", (768, 768))]
)
def test_pictures_have_the_ratio_asked_for(ratio: str, size: tuple[int, int]) -> None:
    """Width and height as in the PNG's header."""
    header = gemini_picture.picture("seed", ratio)[16:24]

    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == size


def test_one_key_is_one_mail(tmp_path: Path) -> None:
    """Also after the double was started again; another payload is refused."""
    first = MailStore.opened(tmp_path).accept(MAIL, "key")
    store = MailStore.opened(tmp_path)

    assert store.accept(MAIL, "key").id == first.id
    with pytest.raises(OtherPayload):
        store.accept({**MAIL, "subject": "Other"}, "key")
    assert [mail.id for mail in store.mails] == [first.id]
    assert MailStore.opened(tmp_path).requests_per_key == {"key": 3}


def test_a_key_is_forgotten_after_a_day(tmp_path: Path) -> None:
    """Then the same key makes another mail, as it does at Resend."""
    first = MailStore.opened(tmp_path).accept(MAIL, "key")
    file = tmp_path / "mails.jsonl"
    long_ago = (datetime.now(UTC) - timedelta(hours=24, seconds=1)).isoformat(" ")
    file.write_text(file.read_text("utf-8").replace(first.created_at, long_ago), "utf-8")

    assert MailStore.opened(tmp_path).accept(MAIL, "key").id != first.id


def test_a_line_cut_off_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    """What was whole is kept."""
    MailStore.opened(tmp_path).accept(MAIL, None)
    with (tmp_path / "mails.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "half')

    assert len(MailStore.opened(tmp_path).mails) == 1
