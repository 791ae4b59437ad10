"""Architecture is tested: grammar, listeners, tellers, settings, the lock."""

import ast
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from techub_cards.catalogue import ARCHETYPES as DRAWN_ARCHETYPES
from techub_cards.catalogue import SPIRIT_ANIMALS as DRAWN_ANIMALS
from techub_common import events
from techub_common.events import Event
from techub_common.streams import CONSUMERS, TOLD_BY, stream_configs
from techub_common.traits import ARCHETYPES, SPIRIT_ANIMALS

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SERVICES = ("api", "generator", "screenshotter", "optimizer", "notifier")
HEARD_BY_NOBODY = {events.PipelineCanceled}
each_event = pytest.mark.parametrize("event", events.ALL, ids=lambda event: event.subject)


@each_event
def test_subject_grammar(event: type[Event]) -> None:
    """A subject is two words; the type is the subject with our prefix and a version."""
    assert re.fullmatch(r"[a-z]+\.[a-z]+", event.subject)
    assert re.fullmatch(rf"techub\.{re.escape(event.subject)}\.v[1-9]", event.type)


@each_event
def test_every_event_has_a_teller_and_a_listener(event: type[Event]) -> None:
    """Nothing is told that nobody tells, and nothing is told into the void."""
    assert any(event in told for told in TOLD_BY.values())
    heard = any(event in consumer.hears for consumer in CONSUMERS)
    assert heard is (event not in HEARD_BY_NOBODY)


def test_every_subject_is_in_the_stream() -> None:
    """The stream holds every subject there is, and no other."""
    stream = stream_configs()[0]

    assert sorted(stream.subjects or []) == sorted(event.subject for event in events.ALL)


def test_every_event_class_is_listed() -> None:
    """An event that is defined is in ALL."""
    defined = {
        kind
        for module in ("pipeline", "card", "asset", "notification", "account", "budget", "health")
        for kind in vars(importlib.import_module(f"techub_common.events.{module}")).values()
        if isinstance(kind, type) and issubclass(kind, Event) and "subject" in vars(kind)
    }

    assert defined == set(events.ALL)


@each_event
def test_published_schema_only_grows(event: type[Event]) -> None:
    """No field goes, none becomes required, no type changes; a break is a new version."""
    golden: dict[str, Any] = json.loads((GOLDEN / f"{event.type}.json").read_text("utf-8"))
    now = event.model_json_schema()

    assert set(golden["properties"]) <= set(now["properties"])
    assert set(now.get("required", [])) <= set(golden.get("required", []))
    for name, was in golden["properties"].items():
        is_now = now["properties"][name]
        for aspect in ("type", "format", "$ref", "anyOf", "items"):
            assert was.get(aspect) == is_now.get(aspect), f"{event.type}.{name}: {aspect} changed"


def test_the_card_draws_every_trait() -> None:
    """Whatever a writer may choose, the card has an emblem for."""
    assert set(ARCHETYPES) == set(DRAWN_ARCHETYPES)
    assert set(SPIRIT_ANIMALS) == set(DRAWN_ANIMALS)


def test_every_setting_is_documented() -> None:
    """`.env.example` names every setting of every service, and none that is not read."""
    documented = set(
        re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    read = {"CREDENTIALS_FILE"}
    for service in SERVICES:
        module = importlib.import_module(f"techub_{service}.settings")
        for kind in ("Settings", "MigrationSettings"):
            fields = getattr(module, kind, None)
            read |= {name.upper() for name in fields.model_fields} if fields else set()

    assert documented == read


def test_only_main_and_settings_read_the_environment() -> None:
    """No other module of a service knows the environment."""
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/common/src/**/*.py")]
        if path.name not in {"__main__.py", "settings.py"}
        and re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    ]

    assert guilty == []


def test_nobody_catches_everything() -> None:
    """Only delivery, health and the runtime may swallow `Exception`; others must raise on."""
    allowed = {"delivery.py", "health.py", "runtime.py"}
    guilty = []
    for path in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/*/src/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.type] if isinstance(node, ast.ExceptHandler) else []
            broad = [n for n in names if n is None or getattr(n, "id", "") == "Exception"]
            goes_on = isinstance(node, ast.ExceptHandler) and isinstance(node.body[-1], ast.Raise)
            if broad and not goes_on and path.name not in allowed:
                guilty.append(path.relative_to(ROOT).as_posix())

    assert guilty == []


def test_the_lock_is_fresh() -> None:
    """Every lock was resolved from today's dependency tables, and names no registry."""
    sys.path.insert(0, str(ROOT / "tools"))
    lock = importlib.import_module("lock")
    files = {path.name: path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.lock")}

    assert set(files) == {"all.lock", "build.lock", *(f"{name}.lock" for name in lock.IMAGES)}
    for name, text in files.items():
        assert text.startswith(f"# resolved from {lock.inputs_digest()}\n"), f"{name}: `make lock`"
        assert "://" not in text
        assert text.count("--hash=sha256:") >= text.count("==")


def test_services_install_only_what_they_need() -> None:
    """Nobody but the screenshotter installs Playwright, nobody but the optimizer pyvips."""
    locks = {name: (ROOT / f"requirements/{name}.lock").read_text() for name in SERVICES}

    for package, owner in (
        ("playwright", "screenshotter"),
        ("pyvips", "optimizer"),
        ("resend", "notifier"),
        ("fastapi", "api"),
    ):
        assert [name for name, text in locks.items() if f"\n{package}==" in text] == [owner]


def test_no_machine_path_is_committed() -> None:
    """No path of a machine and no registry's host is in a tracked file."""
    tracked = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    ).stdout.split(b"\0")
    pattern = re.compile(
        rb"/(?:work|farm)/(?:main|shared)|pypi\.org|registry\.npmjs|files\.pythonhosted"
    )
    here = Path(__file__).relative_to(ROOT).as_posix()
    guilty = [
        name.decode()
        for name in tracked
        if name
        and name.decode() != here
        and (ROOT / name.decode()).is_file()
        and pattern.search((ROOT / name.decode()).read_bytes())
    ]

    assert guilty == []


def test_no_test_bends_the_time_of_its_neighbours() -> None:
    """A clock or a pause is handed in, never patched: the loop and the stack run on the same."""
    patched = re.compile(r"setattr\(\s*(?:\w+\.)*(?:asyncio|time|random|datetime), ")
    tests = sorted((ROOT / "tests").rglob("*.py"))

    assert tests
    assert [path.name for path in tests if patched.search(path.read_text("utf-8"))] == []
