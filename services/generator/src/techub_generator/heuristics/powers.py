"""Buff, weakness and special move: what helps this person in a fight, what hurts, what ends it."""

from typing import Final

from techub_generator.heuristics.facts import Facts, Leaning
from techub_generator.heuristics.lines import Line, Named, named

BUFFS: Final[tuple[Line[str], ...]] = (
    Line(
        "Beginner's Luck",
        "{name} does not know yet that it cannot be done, so it gets done.",
        Leaning.newcomer,
    ),
    Line(
        "Muscle Memory",
        "{years} on GitHub: {name} resolves conflicts before they happen.",
        Leaning.veteran,
    ),
    Line(
        "Gravity Well",
        "{repo} pulls in {repo_stars}, and {name} steers by their light.",
        Leaning.celebrated,
    ),
    Line(
        "Constellation",
        "Each of the {stars} over {name} lights one more dark corner of the code.",
        Leaning.starred,
    ),
    Line(
        "Rallying Cry",
        "{name} posts a draft and {followers} turn their heads at once.",
        Leaning.followed,
    ),
    Line(
        "Universal Translator",
        "{name} thinks in {tongues} and dreams in pseudocode.",
        Leaning.polyglot,
    ),
    Line(
        "Tunnel Vision",
        "With {language} in the editor, the outside world loses its write access to {name}.",
        Leaning.specialist,
    ),
    Line(
        "Hydra Hands",
        "Finish one repository and two more appear: {name} keeps {repositories} alive.",
        Leaning.prolific,
    ),
    Line(
        "Pocket Dimension",
        "{name} keeps so little in the open that nothing is left to attack.",
        Leaning.minimalist,
    ),
    Line("Guild Pass", "{organizations} leave their doors unlocked for {name}.", Leaning.joiner),
    Line("Perpetual Motion", "{events} lately, and {name} has not even warmed up.", Leaning.busy),
    Line(
        "Cloak of Silence",
        "Nobody sees {name} coming, least of all the activity feed.",
        Leaning.quiet,
    ),
    Line(
        "Borrowed Blades",
        "{name} forks first and asks questions in the pull request.",
        Leaning.forker,
    ),
    Line(
        "Clean Attic",
        "{name} archives what is done, so the past never pages at night.",
        Leaning.archivist,
    ),
    Line(
        "Strength in Numbers",
        "{name} attacks with many keyboards and one style guide.",
        Leaning.collective,
    ),
    Line(
        "Eagle-Eyed Review",
        "Bugs confess voluntarily once {name} is added as a reviewer.",
        Leaning.reviewer,
    ),
    Line(
        "Whitespace Sense",
        "{name} can hear a misplaced indent from two rooms away.",
        language="Python",
    ),
    Line(
        "Event Loop Reflex",
        "{name} never blocks: every blow is answered on the next tick.",
        language="JavaScript",
    ),
    Line("Type Armour", "What cannot be represented cannot hurt {name}.", language="TypeScript"),
    Line(
        "Fearless Concurrency",
        "{name} juggles torches across threads, and the compiler nods.",
        language="Rust",
    ),
    Line(
        "Goroutine Swarm",
        "{name} sends a thousand gophers where others send one hero.",
        language="Go",
    ),
    Line(
        "Programmer Happiness",
        "{name} smiles at the code, and the code smiles back.",
        language="Ruby",
    ),
    Line(
        "Bare-Metal Grip", "{name} shakes hands with registers by their first names.", language="C"
    ),
    Line(
        "Write Once, Win Anywhere", "{name} lands the same blow on every platform.", language="Java"
    ),
    Line(
        "Pipe Dream",
        "{name} chains three small tools and fells one large dragon.",
        language="Shell",
    ),
    Line("Green Thumb", "Under the care of {name} even flaky tests grow up straight."),
    Line("Second Wind", "At the eleventh hour {name} deletes a hundred lines and it works."),
    Line("Rubber Duck Aura", "Problems explain themselves in the presence of {name}."),
    Line("Muted Notifications", "Nothing reaches {name} in full flow, not even lunch."),
    Line("Keeper of the Flame", "{repo} still burns because {name} keeps feeding it."),
    Line("Lucky Commit", "Once per battle {name} pushes to main, and everything passes."),
)

WEAKNESSES: Final[tuple[Line[str], ...]] = (
    Line(
        "Shiny Framework Syndrome",
        "Show {name} a new tool and the quest takes a scenic detour.",
        Leaning.newcomer,
    ),
    Line(
        "Back in My Day",
        "{name} remembers {year} and will tell the build server all about it.",
        Leaning.veteran,
    ),
    Line(
        "Issue Avalanche",
        "Fame has a price: {repo} wakes {name} with questions about Windows.",
        Leaning.celebrated,
    ),
    Line(
        "Star Counting",
        "{name} says the {stars} do not matter, then checks again.",
        Leaning.starred,
    ),
    Line(
        "Mention Fatigue",
        "{followers}, and every one of them knows how to type the name of {name}.",
        Leaning.followed,
    ),
    Line(
        "Context Switch",
        "Halfway through a loop {name} forgets which of {tongues} it is in.",
        Leaning.polyglot,
    ),
    Line(
        "Golden Hammer",
        "To {name} every problem looks suspiciously like a job for {language}.",
        Leaning.specialist,
    ),
    Line(
        "Side Project Gravity",
        "{repositories}, and {name} has just had another idea.",
        Leaning.prolific,
    ),
    Line(
        "Private Draft Hoard",
        "The best work of {name} is on a branch nobody has seen.",
        Leaning.minimalist,
    ),
    Line(
        "Meeting Magnet",
        "{organizations} means as many calendars, all of them on {name}.",
        Leaning.joiner,
    ),
    Line(
        "Sleep Debt",
        "{events} had to come from somewhere, and it was the nights of {name}.",
        Leaning.busy,
    ),
    Line("Long Hibernation", "{name} will be back any moment now. Any moment.", Leaning.quiet),
    Line(
        "Upstream Drift",
        "{name} will sync all those forks one day. Tomorrow, perhaps.",
        Leaning.forker,
    ),
    Line(
        "Nostalgia",
        "{name} opens an archived repository to copy one line and stays for hours.",
        Leaning.archivist,
    ),
    Line(
        "Bikeshed",
        "{name} can ship anything, once everybody agrees on its name.",
        Leaning.collective,
    ),
    Line(
        "Just One More Nit",
        "{name} approves the change, and then finds one more comma.",
        Leaning.reviewer,
    ),
    Line(
        "Dependency Limbo",
        "{name} has four virtual environments and trusts none of them.",
        language="Python",
    ),
    Line(
        "Undefined Behaviour",
        "Sometimes the strongest attack of {name} simply is not a function.",
        language="JavaScript",
    ),
    Line(
        "Generic Vertigo",
        "Three nested type parameters in, {name} loses sight of the ground.",
        language="TypeScript",
    ),
    Line(
        "Borrow Checker Scars",
        "{name} now asks permission before lending anyone a pen.",
        language="Rust",
    ),
    Line(
        "Error Echo",
        "If something goes wrong, {name} checks it, and checks it, and checks it.",
        language="Go",
    ),
    Line(
        "Monkey Patch Itch",
        "{name} could reopen that class. {name} should not. Too late.",
        language="Ruby",
    ),
    Line(
        "Off-by-One Curse", "{name} counts from zero everywhere, also at the bakery.", language="C"
    ),
    Line(
        "AbstractFactoryFactory",
        "{name} packs for a weekend with a builder and two interfaces.",
        language="Java",
    ),
    Line(
        "Unquoted Variable",
        "One space in a file name, and {name} is on one knee.",
        language="Shell",
    ),
    Line("Sidebar Curiosity", "{name} goes in to fix a typo and comes out with a new parser."),
    Line("Naming Things", "{name} needs ten minutes for the code and an hour for the name."),
    Line("Just One More Commit", "“Done”, says {name}, and types on until sunrise."),
    Line("Perfect README", "The code of {name} waits while the badges are put in order."),
    Line("Cache Amnesia", "{name} debugs for an hour what a hard refresh would have cured."),
    Line("Friday Deploys", "{name} knows better, and it is half past four."),
)

MOVES: Final[tuple[Line[str], ...]] = (
    Line(
        "Starfall Combo",
        "{name} points at {repo}, and {repo_stars} come down on the problem at once.",
        Leaning.celebrated,
    ),
    Line(
        "Meteor Merge",
        "{name} merges {repo} into the battlefield; what is left is main.",
        Leaning.celebrated,
    ),
    Line(
        "Community Rally", "{name} whistles once, and {followers} bring patches.", Leaning.followed
    ),
    Line(
        "Thousand-Fork Barrage",
        "{name} strikes from more directions than there are remotes.",
        Leaning.forker,
    ),
    Line(
        "Grandmaster Rebase",
        "{name} rewrites the fight from the first commit; it was never lost.",
        Leaning.veteran,
    ),
    Line(
        "First Pull Request",
        "{name} sends it with a shaking hand, and it is merged with love.",
        Leaning.newcomer,
    ),
    Line(
        "Babel Strike",
        "{name} opens in {language}, feints in {second} and wins in neither.",
        Leaning.polyglot,
    ),
    Line(
        "Hundred-Repo Stampede",
        "{name} opens the gates, and {repositories} run out at once.",
        Leaning.prolific,
    ),
    Line(
        "Commit Storm",
        "{name} lets {events} rain until the problem gives its consent.",
        Leaning.busy,
    ),
    Line(
        "One-Inch Diff",
        "{name} changes a single character, and the whole fortress compiles.",
        Leaning.minimalist,
    ),
    Line(
        "Request Changes",
        "{name} says two words, and the enemy goes home to think about it.",
        Leaning.reviewer,
    ),
    Line(
        "Assemble the Maintainers",
        "{name} rings the bell, and every time zone answers.",
        Leaning.collective,
    ),
    Line(
        "Summon the Guilds",
        "{organizations} march behind {name}, arguing about tabs.",
        Leaning.joiner,
    ),
    Line(
        "List Comprehension Vortex",
        "{name} folds the enemy into one line, filtered and sorted.",
        language="Python",
    ),
    Line(
        "Promise.all Onslaught",
        "{name} attacks everywhere at once and awaits the results.",
        language="JavaScript",
    ),
    Line(
        "Exhaustive Switch",
        "{name} has already handled every move the enemy can make.",
        language="TypeScript",
    ),
    Line(
        "Borrow Checker Judo",
        "{name} lets the enemy own the mistake, then drops it.",
        language="Rust",
    ),
    Line("Gopher Avalanche", "{name} says “go”, and a hillside of gophers obeys.", language="Go"),
    Line("Gem Storm", "{name} requires one gem, and a glittering hail answers.", language="Ruby"),
    Line("Pointer Piercer", "{name} follows the pointer right through the armour.", language="C"),
    Line(
        "Template Singularity",
        "{name} expands one template until the enemy runs out of memory.",
        language="C++",
    ),
    Line(
        "Garbage Collection",
        "{name} pauses the world, and what is no longer needed is gone.",
        language="Java",
    ),
    Line(
        "Grand Pipeline",
        "{name} pipes the enemy through grep until nothing matches.",
        language="Shell",
    ),
    Line(
        "The Perfect Centre",
        "{name} centres a box on the first try. The enemy kneels.",
        language="CSS",
    ),
    Line(
        "Refactor Surge", "{name} moves everything around, changes nothing, and suddenly it flies."
    ),
    Line("Silent Hotfix", "Nobody saw {name} do it. The graphs just went flat again."),
    Line("Rubber Duck Revelation", "{name} explains the fight to a duck and knows how it ends."),
    Line("Force Push With Lease", "{name} rewrites fate, though never without looking first."),
    Line("Git Bisect Blade", "{name} halves the enemy until only the cause is left."),
    Line(
        "Zero-Downtime Uppercut",
        "{name} swaps the floor out from under the foe, and nobody stumbles.",
    ),
    Line(
        "Legend of the README",
        "{name} reads the manual of {repo} aloud. It was in there all along.",
    ),
)


def buff_of(facts: Facts) -> Named:
    """Return what makes this person stronger."""
    return named(facts, "buff", BUFFS)


def weakness_of(facts: Facts) -> Named:
    """Return what trips this person up."""
    return named(facts, "weakness", WEAKNESSES)


def move_of(facts: Facts) -> Named:
    """Return how this person ends a fight."""
    return named(facts, "move", MOVES)
