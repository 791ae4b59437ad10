"""Heroic codenames: a calling, and the realm it is followed in."""

from collections.abc import Mapping
from typing import Final

from techub_generator.heuristics.chance import draw, pick
from techub_generator.heuristics.facts import Facts

CALLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "The Innocent": ("Herald", "Daydreamer", "Sunbeam", "Foundling", "Stargazer"),
    "The Everyman": ("Keeper", "Ferryman", "Lamplighter", "Cornerstone", "Companion"),
    "The Hero": ("Champion", "Paladin", "Vanguard", "Firefighter", "Defender"),
    "The Outlaw": ("Buccaneer", "Renegade", "Maverick", "Smuggler", "Trickshot"),
    "The Explorer": ("Cartographer", "Pathfinder", "Navigator", "Voyager", "Scout"),
    "The Creator": ("Artificer", "Architect", "Clockmaker", "Weaver", "Blacksmith"),
    "The Ruler": ("Sovereign", "Marshal", "Admiral", "Warden", "Chancellor"),
    "The Magician": ("Alchemist", "Conjurer", "Spellbinder", "Enchanter", "Illusionist"),
    "The Lover": ("Gardener", "Troubadour", "Devotee", "Matchmaker", "Perfumer"),
    "The Caregiver": ("Guardian", "Shepherd", "Lighthouse", "Mender", "Beekeeper"),
    "The Jester": ("Juggler", "Trickster", "Harlequin", "Mischief-Maker", "Prankster"),
    "The Sage": ("Oracle", "Librarian", "Archivist", "Astronomer", "Loremaster"),
}

REALMS: Final[Mapping[str, tuple[str, ...]]] = {
    "Python": ("the Indented Realm", "the Great Serpent", "a Thousand Imports"),
    "Jupyter Notebook": ("the Restarted Kernel", "the Unnumbered Cells"),
    "JavaScript": ("the Endless Loop", "the Broken Promise", "the Bottomless Modules"),
    "TypeScript": ("the Typed Frontier", "the Narrowed Union", "the Strict Mode"),
    "Ruby": ("the Crimson Gem", "the Rails", "the Happy Path"),
    "Go": ("the Restless Gophers", "the Open Channels", "the Returned Error"),
    "Rust": ("the Borrowed Lands", "the Oxide Coast", "the Fearless Threads"),
    "C": ("the Raw Pointer", "the Bare Metal", "the Unchecked Bounds"),
    "C++": ("the Template Labyrinth", "the Seven Destructors", "the Deep Standard"),
    "C#": ("the Sharp Horizon", "the Awaited Task"),
    "Java": ("the Abstract Factory", "the Warm Machine", "the Long Classpath"),
    "Kotlin": ("the Null-Safe Isles", "the Suspended Coast"),
    "Swift": ("the Unwrapped Skies", "the Swift Wind"),
    "PHP": ("the Elder Web", "the Dollar Sign"),
    "Shell": ("the Silent Pipe", "the Blinking Prompt"),
    "HTML": ("the Nested Box", "the Semantic Tag"),
    "CSS": ("the Centred Div", "the Endless Cascade"),
    "Perl": ("the Cryptic Sigil", "the Thousand Ways"),
    "Lua": ("the Tiny Moon", "the Humble Table"),
    "Haskell": ("the Pure Function", "the Lazy Infinite"),
    "Elixir": ("the Undying Process", "the Purple Potion"),
    "Clojure": ("the Balanced Parenthesis", "the Persistent Map"),
    "Scala": ("the Implicit Stair", "the Higher Kinds"),
    "R": ("the Significant Value", "the Tidy Frame"),
    "Julia": ("the Multiple Dispatch", "the Quick Matrix"),
    "Dart": ("the Hot Reload", "the Fluttering Widgets"),
    "Nix": ("the Pinned Universe", "the Frozen Snowflake"),
    "Zig": ("the Explicit Allocator", "the Compiled Hour"),
    "Vue": ("the Reactive Vale", "the Single File"),
    "Svelte": ("the Vanishing Framework", "the Light Bundle"),
    "Dockerfile": ("the Stacked Layers", "the Floating Crates"),
    "HCL": ("the Planned Cloud", "the Drifting State"),
    "Vim Script": ("the Unquittable Editor", "the Modal Arts"),
    "Emacs Lisp": ("the Endless Config", "the Meta Key"),
}

COMMON_REALMS: Final = (
    "the Green Build",
    "the Midnight Merge",
    "the Open Branch",
    "the Clean Diff",
    "the Passing Tests",
    "the Deep Backlog",
    "the Rubber Duck",
    "the Last Semicolon",
    "the Friendly Fork",
    "the Patient Rebase",
    "the Shipping Lanes",
    "the Main Branch",
)

EPITHETS: Final = (
    "Midnight",
    "Thunderous",
    "Quicksilver",
    "Unhurried",
    "Velvet",
    "Relentless",
    "Moonlit",
    "Ironclad",
    "Caffeinated",
    "Whispering",
    "Unflappable",
    "Starlit",
    "Copper",
    "Tidal",
    "Emerald",
    "Wandering",
    "Clockwork",
    "Obsidian",
    "Luminous",
    "Mighty",
)


def title_of(facts: Facts, archetype: str) -> str:
    """Return a codename of two to five words: "Cartographer of the Borrowed Lands"."""
    calling = pick(facts.login, "calling", CALLINGS[archetype])
    if draw(facts.login, "form of title", 3) == 0:
        return f"{pick(facts.login, 'epithet', EPITHETS)} {calling}"
    realms = REALMS.get(facts.language or "", COMMON_REALMS)
    return f"{calling} of {pick(facts.login, 'realm', realms)}"
