"""The card a model would write: told by a seeded chance from what the prompt says of a person."""

import json
import random
import re
from typing import Any

from techub_common.traits import ARCHETYPES, RANKS, SPIRIT_ANIMALS, STAT_MAX, STAT_MIN, SUITS
from techub_devstack.doubles.json_document import Json

LOGIN = re.compile(r'\\?"login\\?"\s*:\s*\\?"([A-Za-z0-9][\w-]*)')
HANDLE = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]{0,38})")
TAG_COUNT = 6
POOL = ("open-source", "builder", "maintainer", "tinkerer", "artisan", "architect", "mentor")
WORDS: dict[str, tuple[str, ...]] = {
    "epithet": (
        "Patient",
        "Midnight",
        "Copper",
        "Quiet",
        "Fearless",
        "Tidal",
        "Bright",
        "Wandering",
    ),
    "craft": ("Lamplighter", "Cartographer", "Toolsmith", "Navigator", "Gardener", "Signalkeeper"),
    "realm": ("Of Small Hours", "Of The Long Build", "Of Open Doors", "Of Honest Code"),
    "buff": ("Green Build Aura", "Calm Under Pager", "Deep Focus", "Clean Diff Reflex"),
    "weakness": ("One More Refactor", "Unread Notifications", "Shiny New Syntax", "Friday Deploys"),
    "vibe": ("Warm Midnight Hacker", "Harbour Calm", "Joyful Precision", "Curious Optimist"),
    "move": ("Thousand Commit Tide", "Bisecting Beam", "The Graceful Shutdown", "Lantern Rebase"),
    "saying": (
        "“Leave the light on for the next commit.”",
        "“Small tools, tended well, outlast empires.”",
        "“If it hums, ship it. If it rattles, listen.”",
        "“Every bug is a map to somewhere.”",
    ),
}


def card(prompt: str) -> dict[str, Any]:
    """Return all twenty traits; the same person gets the same card."""
    facts = _facts(prompt)
    login = login_in(prompt)
    chance = random.Random(login.lower())
    name = _text(facts, "name") or login
    word = {kind: chance.choice(words) for kind, words in WORDS.items()}
    craft, language = word["craft"].lower(), _language(facts)
    first, last = f"{name} builds in the open", f"a {craft} at heart"
    stats = {trait: chance.randint(STAT_MIN, STAT_MAX) for trait in ("attack", "defense", "speed")}
    return {
        "title": f"{word['epithet']} {word['craft']} {word['realm']}",
        "tagline": f"Keeps {language} honest and leaves every repository brighter than before.",
        "short_bio": f"{first}, {last}, with {language} never far from hand.",
        "long_bio": (
            f"{first}, {last}. The public record shows someone who returns to the same projects "
            f"with care, writes {language} that others can read, and finishes what was started."
        ),
        "buff": word["buff"],
        "buff_description": "Reviews grow shorter and kinder whenever this card is on the table.",
        "weakness": word["weakness"],
        "weakness_description": "A promising idea after ten in the evening costs one turn.",
        "vibe": word["vibe"],
        "vibe_description": f"Reads like someone who enjoys {language} and good company.",
        "special_move": word["move"],
        "special_move_description": "Clears the board of stale branches and draws two fresh ideas.",
        "flavor_text": word["saying"],
        "tags": _tags(facts, chance),
        **stats,
        "playing_card": f"{chance.choice(RANKS)} of {chance.choice(SUITS)}",
        "spirit_animal": chance.choice(SPIRIT_ANIMALS),
        "archetype": chance.choice(ARCHETYPES),
    }


def login_in(prompt: str) -> str:
    """Return the login the prompt is about."""
    found = LOGIN.search(prompt) or HANDLE.search(prompt)
    return found[1] if found else "someone"


def fill(schema: dict[str, Any], name: str = "answer") -> Json:
    """Return a document that a schema allows, for requests that are not about a card."""
    kind = str(schema.get("type", "object")).lower()
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {key: fill(below, key) for key, below in schema.get("properties", {}).items()}
    if kind == "array":
        return [fill(schema.get("items", {"type": "string"}), name)]
    if kind == "string":
        return f"A calm and friendly {name.replace('_', ' ')}."
    return {"integer": 75, "number": 0.75, "boolean": True}.get(kind)


def is_card(schema: dict[str, Any]) -> bool:
    """Return whether a schema asks for a card; none at all means one."""
    return not schema or "playing_card" in schema.get("properties", {})


def _facts(prompt: str) -> dict[str, Any]:
    """Return the first JSON object in the prompt, nothing if there is none."""
    start = prompt.find("{")
    try:
        found, _ = json.JSONDecoder().raw_decode(prompt[start:] if start >= 0 else "")
    except ValueError:
        return {}
    facts: dict[str, Any] = found
    return {**facts, **facts["profile"]} if isinstance(facts.get("profile"), dict) else facts


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""


def _language(facts: dict[str, Any]) -> str:
    return next(iter(_names(facts.get("languages"))), "code")


def _tags(facts: dict[str, Any], chance: random.Random) -> list[str]:
    words = [*_names(facts.get("languages"))[:3], *chance.sample(POOL, len(POOL))]
    spelled = (word.lower().replace("++", "pp").replace("#", "sharp") for word in words)
    tags = (re.sub(r"[^a-z0-9]+", "-", word).strip("-") for word in spelled)
    return list(dict.fromkeys(tag for tag in tags if tag))[:TAG_COUNT]


def _names(languages: Json) -> list[str]:
    """Languages come as a mapping, as names, or as objects with a name."""
    named = (item.get("name") if isinstance(item, dict) else item for item in languages or [])
    return [name for name in named if isinstance(name, str)]
