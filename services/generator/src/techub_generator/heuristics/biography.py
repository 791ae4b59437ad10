"""Tagline, biographies and the line in italics: the same facts, told at different lengths."""

from typing import Final

from techub_generator.heuristics.facts import Leaning
from techub_generator.heuristics.lines import Line
from techub_generator.heuristics.telling import Telling
from techub_generator.prose import cut

TAGLINE: Final = 140
FLAVOR: Final = 80
SHORT: Final = 400
LONG: Final = 2000

TAGLINES: Final[tuple[Line[None], ...]] = (
    Line(None, "Hung {repo_stars} over {repo} and kept on shipping.", Leaning.celebrated),
    Line(None, "Known for {repo}; feared by flaky tests.", Leaning.celebrated),
    Line(None, "{followers} watch the next commit. No pressure.", Leaning.followed),
    Line(None, "Has been turning coffee into commits since {year}.", Leaning.veteran),
    Line(None, "New in town, already on first-name terms with {language}.", Leaning.newcomer),
    Line(None, "Speaks {languages}, and listens in all of them.", Leaning.polyglot),
    Line(None, "One language, one love: {language}, all the way down.", Leaning.specialist),
    Line(None, "Keeps {repositories} spinning, and hardly ever drops one.", Leaning.prolific),
    Line(None, "Says little in public; lets {repo} do the talking.", Leaning.minimalist),
    Line(None, "Collects forks, improvements and the occasional dragon.", Leaning.forker),
    Line(None, "{events} of late: this graph is greener than a rainforest.", Leaning.busy),
    Line(None, "Reads a diff the way others read thrillers.", Leaning.reviewer),
    Line(None, "Many keyboards, one mission, {repositories}.", Leaning.collective),
    Line(None, "Carries the banners of {organizations} into every review.", Leaning.joiner),
    Line(None, "Quiet on the feed, loud in the compiler.", Leaning.quiet),
    Line(None, "Knows when to build and, rarer still, when to archive.", Leaning.archivist),
    Line(None, "Turns {language} and stubbornness into {repo}."),
    Line(None, "Writes {language} by day and better {language} by night."),
    Line(None, "Walks into a bug, walks out with {repo}."),
    Line(None, "Somewhere between {language} and {second}, a plan takes shape."),
    Line(None, "Ships small, sleeps well, and leaves the branch tidier than before."),
    Line(None, "Makes computers do what people meant all along."),
    Line(None, "Leaves every file a little kinder than it was."),
    Line(None, "Knows where {repo} hides the good parts, having put them there."),
    Line(None, "Deletes code with the calm of a gardener."),
    Line(None, "Argues with the compiler, and usually wins on points."),
    Line(None, "Believes in small diffs, loud tests and {language}."),
    Line(None, "Turns “it cannot be that hard” into {repositories}."),
    Line(None, "Started {repo} on a rainy evening, probably."),
)

FLAVORS: Final[tuple[Line[None], ...]] = (
    Line(None, "It works on every machine in the room.", Leaning.collective),
    Line(None, "Older than the dark mode.", Leaning.veteran),
    Line(None, "Everyone was a first-time contributor once.", Leaning.newcomer),
    Line(None, "Fame is a notification badge.", Leaning.celebrated),
    Line(None, "Every star is somebody's bookmark.", Leaning.starred),
    Line(None, "With great reach comes great inbox.", Leaning.followed),
    Line(None, "The best language is the next one.", Leaning.polyglot),
    Line(None, "One more repository cannot hurt.", Leaning.prolific),
    Line(None, "Perfection is a repository with nothing left to remove.", Leaning.minimalist),
    Line(None, "Why start over when one can fork?", Leaning.forker),
    Line(None, "Still waters run unit tests.", Leaning.quiet),
    Line(None, "Approved, with comments.", Leaning.reviewer),
    Line(None, "Sleep is just a long-running job.", Leaning.busy),
    Line(None, "Beautiful is better than ugly; done is better still.", language="Python"),
    Line(None, "It is not a bug, it is a coercion.", language="JavaScript"),
    Line(None, "Any is a promise nobody keeps.", language="TypeScript"),
    Line(None, "If it compiles, it has already apologised.", language="Rust"),
    Line(None, "Errors are values, and some are keepsakes.", language="Go"),
    Line(None, "A language that loves back.", language="Ruby"),
    Line(None, "Memory is a trust exercise.", language="C"),
    Line(None, "There is always one more overload.", language="C++"),
    Line(None, "Patience is a virtual machine.", language="Java"),
    Line(None, "Small tools, long pipes, short meetings.", language="Shell"),
    Line(None, "It was centred a minute ago.", language="CSS"),
    Line(None, "The mark of a true hero: valid markup.", language="HTML"),
    Line(None, "The old web never died; it got faster.", language="PHP"),
    Line(None, "Run all cells, and hope.", language="Jupyter Notebook"),
    Line(None, "Every dragon began as a quick fix."),
    Line(None, "The tests are green. Suspiciously green."),
    Line(None, "Delete first, explain in the commit message."),
    Line(None, "There is no cloud, only other people's laptops."),
    Line(None, "A good name is half the bug fixed."),
    Line(None, "Ship it, then listen."),
    Line(None, "To merge is human, to rebase divine."),
    Line(None, "It is always DNS, except when it is the cache."),
    Line(None, "Read the diff. Then read it again."),
)

OPENINGS: Final[tuple[Line[None], ...]] = (
    Line(None, "{name} came to GitHub in {year} and never quite left the editor."),
    Line(None, "The story of {name} begins in {year}, with an empty folder and a good idea."),
    Line(None, "Since {year}, {name} has been leaving footprints all over GitHub."),
    Line(None, "{name} pushed a first branch in {year} and has not looked back."),
)

# Of each of these the first group with a line that fits speaks: more known, more said.

CRAFT: Final[tuple[tuple[Line[None], ...], ...]] = (
    (
        Line(None, "The weapons of choice are {languages}, kept sharp in {repositories}."),
        Line(None, "Across {repositories} one meets {languages}, in that order."),
    ),
    (
        Line(None, "The heart belongs to {language}, as {repositories} can confirm."),
        Line(None, "The mother tongue is {language}, and it shows in {repositories}."),
    ),
    (
        Line(None, "Most days are spent in {language}."),
        Line(None, "Ask for a sketch on a napkin, and it comes back in {language}."),
    ),
    (
        Line(None, "The public shelves hold {repositories}."),
        Line(None, "So far that has come to {repositories}."),
    ),
    (
        Line(None, "The tools are kept out of sight, which only adds to the legend."),
        Line(None, "How the work is done is told to few, and they are not talking."),
    ),
)

FAME: Final[tuple[tuple[Line[None], ...], ...]] = (
    (
        Line(None, "People come for {repo} ({repo_stars}) and stay for {runner_up}."),
        Line(None, "The crown jewel is {repo}, with {repo_stars}; {runner_up} guards the door."),
    ),
    (Line(None, "The crown jewel is {repo}, and it has collected {repo_stars}."),),
    (
        Line(None, "Visitors would do well to begin with {repo}."),
        Line(None, "The one to open first is {repo}."),
    ),
    (Line(None, "The masterpiece is not out yet, and worth the wait."),),
)

ABOUT: Final = "In its own words: “{about}”."

NEWS: Final[tuple[tuple[Line[None], ...], ...]] = (
    (
        Line(None, "With {followers} looking on, the latest tracks lead to {recent}."),
        Line(None, "The newest footprints, among {events}, lead to {recent}."),
    ),
    (Line(None, "The latest tracks lead to {recent}."),),
    (Line(None, "It is quiet at the moment, and {followers} wait to see what comes next."),),
    (Line(None, "What comes next is anybody's guess, which is half the fun."),),
)

CLOSINGS: Final = {
    "The Innocent": "An Innocent at heart, always sure that the next build will be green.",
    "The Everyman": "An Everyman through and through: the one to have beside oneself on call.",
    "The Hero": "A Hero by trade, found wherever a pipeline has just turned red.",
    "The Outlaw": "An Outlaw by temper, who reads the style guide for the loopholes.",
    "The Explorer": "An Explorer by nature, at home in files that others scroll past.",
    "The Creator": "A Creator by calling: where others see an empty folder, there is music.",
    "The Ruler": "A Ruler by habit, bringing order where there was only a backlog.",
    "The Magician": "A Magician by reputation, for whom the hard part is the demo.",
    "The Lover": "A Lover of the craft, who would align those commas for free.",
    "The Caregiver": "A Caregiver at the core, answering the issue nobody else would.",
    "The Jester": "A Jester by inclination: one joke is hidden in every changelog.",
    "The Sage": "A Sage by now, who has met this bug before, under another name.",
}

FAREWELLS: Final[tuple[Line[None], ...]] = (
    Line(None, "Whatever it is, it will have a README."),
    Line(None, "The issue tracker has its suspicions."),
    Line(None, "Watching is free; contributing is better."),
    Line(None, "Legends say a release note is already being written."),
    Line(None, "The kettle, at least, is on."),
    Line(None, "There is a branch for it already."),
)


def tagline_of(telling: Telling) -> str:
    """Return one sentence that could stand under the name."""
    return telling.spoken("tagline", TAGLINES, TAGLINE)


def flavor_of(telling: Telling) -> str:
    """Return the line in italics; taglines and these have no sentence in common."""
    return telling.spoken("flavor", FLAVORS, FLAVOR)


def short_bio_of(telling: Telling, archetype: str) -> str:
    """Return three sentences about the person."""
    closing = CLOSINGS[archetype]
    telling.hear(closing)
    opening = telling.spoken("opening", OPENINGS)
    return cut(f"{opening} {telling.fullest('craft', CRAFT)} {closing}", SHORT)


def long_bio_of(telling: Telling) -> str:
    """Return one paragraph: origin and craft, the work, and what comes next."""
    opening = telling.spoken("long opening", OPENINGS)
    craft = telling.fullest("long craft", CRAFT)
    fame = telling.fullest("fame", FAME)
    words = telling.facts.words
    named = "repo" in words and words["repo"] in fame
    about = ABOUT.format_map(words) if named and "about" in words else ""
    if about and not telling.repeats(about):
        telling.hear(about)
        fame = f"{fame} {about}"
    news = telling.fullest("news", NEWS)
    farewell = telling.spoken("farewell", FAREWELLS)
    return cut(f"{opening} {craft} {fame} {news} {farewell}", LONG)
