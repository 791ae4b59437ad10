"""The playing card: suit by main language, rank by how far the work is known."""

from typing import Final

from techub_common.traits import SUITS
from techub_generator.heuristics.chance import pick
from techub_generator.profile import GitHubProfile

SUIT_OF: Final = {
    "Ruby": "♥",
    "Crystal": "♥",
    "JavaScript": "♣",
    "TypeScript": "♣",
    "CoffeeScript": "♣",
    "Vue": "♣",
    "Svelte": "♣",
    "Go": "♠",
    "Python": "♦",
    "Jupyter Notebook": "♦",
}
RANK_FROM: Final = ((8, "Ace"), (6, "King"), (4, "Queen"), (2, "Jack"))
NUMBERS: Final = ("10", "9", "8", "7")


def playing_card_of(profile: GitHubProfile) -> str:
    """Return the card: a court card from 500 followers or 2,000 stars on, else a number."""
    language = next(iter(profile.languages), "")
    suit = SUIT_OF.get(language) or pick(profile.login, "suit", SUITS)
    stars = sum(one.stars for one in profile.top_repositories)
    score = profile.followers // 250 + stars // 1000
    number = NUMBERS[profile.public_repos % len(NUMBERS)]
    rank = next((rank for least, rank in RANK_FROM if score >= least), number)
    return f"{rank} of {suit}"
