"""Buff, weakness and special move: what helps this person in a fight, what hurts, what ends it."""

from typing import Final

from techub_generator.heuristics.facts import Leaning
from techub_generator.heuristics.lines import Line, Named
from techub_generator.heuristics.telling import Telling

BUFFS: Final[tuple[Line[str], ...]] = (
    Line(
        "Beginner's Luck",
        "Does not know yet that it cannot be done, so it gets done.",
        Leaning.newcomer,
    ),
    Line(
        "Muscle Memory",
        "After {years} on GitHub, conflicts resolve themselves out of respect.",
        Leaning.veteran,
    ),
    Line(
        "Gravity Well",
        "{repo} pulls in {repo_stars}, and everything near it picks up speed.",
        Leaning.celebrated,
    ),
    Line(
        "Constellation",
        "Each of the {stars} lights one more dark corner of the code.",
        Leaning.starred,
    ),
    Line(
        "Rallying Cry",
        "A draft goes up, and {followers} turn their heads at once.",
        Leaning.followed,
    ),
    Line(
        "Universal Translator",
        "Thinks in {tongues} and dreams in pseudocode.",
        Leaning.polyglot,
    ),
    Line(
        "Tunnel Vision",
        "With {language} in the editor, the outside world loses its write access.",
        Leaning.specialist,
    ),
    Line(
        "Hydra Hands",
        "Finish one project and two more appear: {repositories} so far.",
        Leaning.prolific,
    ),
    Line(
        "Pocket Dimension",
        "Keeps so little in the open that nothing is left to attack.",
        Leaning.minimalist,
    ),
    Line("Guild Pass", "{organizations} leave their doors unlocked, just in case.", Leaning.joiner),
    Line("Perpetual Motion", "{events} lately, and not even warmed up.", Leaning.busy),
    Line(
        "Cloak of Silence",
        "Nobody sees it coming, least of all the activity feed.",
        Leaning.quiet,
    ),
    Line(
        "Borrowed Blades",
        "Forks first and asks questions in the pull request.",
        Leaning.forker,
    ),
    Line(
        "Clean Attic",
        "Archives what is done, so the past never pages at night.",
        Leaning.archivist,
    ),
    Line(
        "Strength in Numbers",
        "Attacks with many keyboards and one style guide.",
        Leaning.collective,
    ),
    Line(
        "Eagle-Eyed Review",
        "Bugs confess of their own accord once this reviewer is added.",
        Leaning.reviewer,
    ),
    Line(
        "Whitespace Sense",
        "Can hear a misplaced indent from two rooms away.",
        language="Python",
    ),
    Line(
        "Event Loop Reflex",
        "Never blocks: every blow is answered on the next tick.",
        language="JavaScript",
    ),
    Line("Type Armour", "What cannot be represented cannot hurt.", language="TypeScript"),
    Line(
        "Fearless Concurrency",
        "Juggles torches across threads, and the compiler nods.",
        language="Rust",
    ),
    Line(
        "Goroutine Swarm",
        "Sends a thousand gophers where others send one champion.",
        language="Go",
    ),
    Line(
        "Programmer Happiness",
        "Smiles at the objects, and the objects smile back.",
        language="Ruby",
    ),
    Line("Bare-Metal Grip", "Is on first-name terms with every register.", language="C"),
    Line("Zero-Cost Cunning", "Pays only for what is used, and uses all of it.", language="C++"),
    Line("Write Once, Win Anywhere", "Lands the same blow on every platform.", language="Java"),
    Line("Safe Unwrapping", "Meets nil with a shrug and a guard clause.", language="Swift"),
    Line(
        "Semantic Shield", "Every tag means what it says; nothing slips through.", language="HTML"
    ),
    Line("Cascade Calm", "One selector, no shouting, and the whole page obeys.", language="CSS"),
    Line("Elder Web Wisdom", "Has outlived four frameworks and shipped on all.", language="PHP"),
    Line(
        "Pipe Dream",
        "Chains three small tools and fells one large dragon.",
        language="Shell",
    ),
    Line("Green Thumb", "In this garden even flaky tests grow up straight."),
    Line("Second Wind", "At the eleventh hour a hundred lines vanish, and it works."),
    Line("Rubber Duck Aura", "Problems within earshot begin to explain themselves."),
    Line("Muted Notifications", "Nothing gets through in full flow, not even lunch."),
    Line("Keeper of the Flame", "{repo} still burns because somebody keeps feeding it."),
    Line("Lucky Commit", "Once per battle it goes straight to main, and everything passes."),
)

WEAKNESSES: Final[tuple[Line[str], ...]] = (
    Line(
        "Shiny Framework Syndrome",
        "One glimpse of a new tool, and the quest takes a scenic detour.",
        Leaning.newcomer,
    ),
    Line(
        "Back in the Day",
        "Remembers {year} and will tell the build server all about it.",
        Leaning.veteran,
    ),
    Line(
        "Issue Avalanche",
        "Fame has a price: {repo} asks about Windows in the middle of the night.",
        Leaning.celebrated,
    ),
    Line(
        "Star Counting",
        "Says the {stars} do not matter, then checks again.",
        Leaning.starred,
    ),
    Line(
        "Mention Fatigue",
        "{followers}, and every one of them knows how to type an at sign.",
        Leaning.followed,
    ),
    Line(
        "Context Switch",
        "Halfway through a loop it is anybody's guess which of {tongues} this was.",
        Leaning.polyglot,
    ),
    Line(
        "Golden Hammer",
        "Every problem looks suspiciously like a job for {language}.",
        Leaning.specialist,
    ),
    Line(
        "Side Project Gravity",
        "{repositories}, and here comes another idea.",
        Leaning.prolific,
    ),
    Line(
        "Private Draft Hoard",
        "The best work is on a branch nobody has seen.",
        Leaning.minimalist,
    ),
    Line(
        "Meeting Magnet",
        "{organizations} means as many calendars, all of them full.",
        Leaning.joiner,
    ),
    Line(
        "Sleep Debt",
        "{events} had to come from somewhere, and they came out of the night.",
        Leaning.busy,
    ),
    Line("Long Hibernation", "Will be back any moment now. Any moment.", Leaning.quiet),
    Line(
        "Upstream Drift",
        "Will sync all those forks one day. Tomorrow, perhaps.",
        Leaning.forker,
    ),
    Line(
        "Nostalgia",
        "Opens an archive to copy one line and stays for hours.",
        Leaning.archivist,
    ),
    Line(
        "Bikeshed",
        "Can ship anything, once everybody agrees on what to call it.",
        Leaning.collective,
    ),
    Line(
        "Just One More Nit",
        "Approves the change, and then finds another comma.",
        Leaning.reviewer,
    ),
    Line(
        "Dependency Limbo",
        "Owns four virtual environments and trusts none of them.",
        language="Python",
    ),
    Line(
        "Undefined Behaviour",
        "Now and then the strongest attack simply is not a function.",
        language="JavaScript",
    ),
    Line(
        "Generic Vertigo",
        "Three nested type parameters in, the ground is out of sight.",
        language="TypeScript",
    ),
    Line(
        "Borrow Checker Scars",
        "Asks for written permission before lending anyone a pen.",
        language="Rust",
    ),
    Line(
        "Error Echo",
        "When something fails it is checked, and checked, and passed upstairs.",
        language="Go",
    ),
    Line(
        "Monkey Patch Itch",
        "That class could be reopened. It should not be. Too late.",
        language="Ruby",
    ),
    Line("Off-by-One Curse", "Counts from zero everywhere, also at the bakery.", language="C"),
    Line("Template Tantrum", "One typo, and the error fills four screens.", language="C++"),
    Line(
        "AbstractFactoryFactory",
        "Packs for a weekend with two interfaces and a singleton.",
        language="Java",
    ),
    Line("Annual Migration", "Every autumn something beloved is deprecated.", language="Swift"),
    Line("Unclosed Tag", "Somewhere above, something was opened and never shut.", language="HTML"),
    Line("Stacking Context", "Raises one layer, and three others sink.", language="CSS"),
    Line("Needle or Haystack", "Has never once guessed the argument order.", language="PHP"),
    Line(
        "Unquoted Variable",
        "One space in a file name, and the hero is on one knee.",
        language="Shell",
    ),
    Line("Sidebar Curiosity", "Goes in to fix a typo and comes out with a new parser."),
    Line("Naming Things", "Needs ten minutes for the function and an hour for what to call it."),
    Line("Just One More Commit", "“Done”, says the clock at ten. It is four now."),
    Line("Perfect README", "The feature waits while the badges are put in order."),
    Line("Cache Amnesia", "Debugs for an hour what a hard refresh would have cured."),
    Line("Friday Deploys", "Knows better, and it is half past four."),
)

MOVES: Final[tuple[Line[str], ...]] = (
    Line(
        "Starfall Combo",
        "Points at {repo}, and {repo_stars} come down on the problem at once.",
        Leaning.celebrated,
    ),
    Line(
        "Meteor Merge",
        "Drops {repo} onto the battlefield; what is left is main.",
        Leaning.celebrated,
    ),
    Line("Community Rally", "Whistles once, and {followers} bring patches.", Leaning.followed),
    Line(
        "Thousand-Fork Barrage",
        "Strikes from more directions than there are remotes.",
        Leaning.forker,
    ),
    Line(
        "Grandmaster Rebase",
        "Rewrites the fight from its first move; it was never lost.",
        Leaning.veteran,
    ),
    Line(
        "First Pull Request",
        "Sent with a shaking hand, and merged with love.",
        Leaning.newcomer,
    ),
    Line(
        "Babel Strike",
        "Opens in {language}, feints in {second} and wins in neither.",
        Leaning.polyglot,
    ),
    Line(
        "Hundred-Repo Stampede",
        "Opens the gates, and {repositories} run out at once.",
        Leaning.prolific,
    ),
    Line(
        "Commit Storm",
        "Lets {events} rain until the problem gives its consent.",
        Leaning.busy,
    ),
    Line(
        "One-Inch Diff",
        "Changes a single character, and the whole fortress compiles.",
        Leaning.minimalist,
    ),
    Line(
        "Request Changes",
        "Says two words, and the enemy goes home to think about it.",
        Leaning.reviewer,
    ),
    Line(
        "Assemble the Maintainers",
        "Rings the bell, and every time zone answers.",
        Leaning.collective,
    ),
    Line(
        "Summon the Guilds",
        "{organizations} march into view, arguing about tabs.",
        Leaning.joiner,
    ),
    Line(
        "List Comprehension Vortex",
        "Folds the enemy into one line, filtered and sorted.",
        language="Python",
    ),
    Line(
        "Promise.all Onslaught",
        "Attacks everywhere at once and awaits the results.",
        language="JavaScript",
    ),
    Line(
        "Exhaustive Switch",
        "Has already handled every move the enemy can make.",
        language="TypeScript",
    ),
    Line(
        "Borrow Checker Judo",
        "Lets the enemy own the mistake, then drops it.",
        language="Rust",
    ),
    Line("Gopher Avalanche", "One keyword, and a hillside of gophers obeys.", language="Go"),
    Line("Gem Storm", "Requires one gem, and a glittering hail answers.", language="Ruby"),
    Line("Pointer Piercer", "Follows the arrow right through the armour.", language="C"),
    Line(
        "Template Singularity",
        "Expands one line until the enemy runs out of memory.",
        language="C++",
    ),
    Line(
        "Garbage Collection",
        "Pauses the world, and what is no longer needed is gone.",
        language="Java",
    ),
    Line("Protocol Extension", "Teaches the whole battlefield a new trick.", language="Swift"),
    Line("Doctype Decree", "Declares the standard, and quirks flee the page.", language="HTML"),
    Line("Spaceship Landing", "Compares two foes at once and sorts them out.", language="PHP"),
    Line(
        "Grand Pipeline",
        "Pours the enemy through grep until nothing matches.",
        language="Shell",
    ),
    Line(
        "The Perfect Centre",
        "Centres a box on the first try. The enemy kneels.",
        language="CSS",
    ),
    Line("Refactor Surge", "Moves everything around, changes nothing, and suddenly it flies."),
    Line("Silent Hotfix", "Nobody saw it happen. The graphs just went flat again."),
    Line("Rubber Duck Revelation", "Explains the fight to a duck and knows how it ends."),
    Line("Force Push With Lease", "Bends fate, though never without looking first."),
    Line("Git Bisect Blade", "Halves the enemy until only the cause is left."),
    Line("Zero-Downtime Uppercut", "Swaps the floor under the foe, and nobody stumbles."),
    Line("Legend of the README", "Reads {repo} its own manual. It was in there all along."),
)


def buff_of(telling: Telling) -> Named:
    """Return what makes this person stronger."""
    return telling.named("buff", BUFFS)


def weakness_of(telling: Telling) -> Named:
    """Return what trips this person up."""
    return telling.named("weakness", WEAKNESSES)


def move_of(telling: Telling) -> Named:
    """Return how this person ends a fight."""
    return telling.named("move", MOVES)
