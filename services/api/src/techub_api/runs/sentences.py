"""What people read about steps and errors: one sentence per code, ours and not the machine's."""

from collections.abc import Mapping
from typing import Final

from techub_cards.variants import VARIANTS

ARTWORK_LABELS: Final[Mapping[str, str]] = {
    "avatar_1x1": "the portrait",
    "avatar_16x9": "the wide scene",
    "avatar_3x1": "the banner",
    "avatar_9x16": "the tall backdrop",
    "avatar_1x1_alt": "the portrait as anime",
    "avatar_1x1_alt2": "the portrait as a cartoon",
    "avatar_1x1_alt3": "the portrait as a paper cut-out",
}
STAGES: Final[Mapping[str, str]] = {
    "pull_github_data": "Reading GitHub",
    "download_github_avatar": "Fetching the avatar",
    "describe_avatar": "Looking at the avatar",
    "evaluate_eligibility": "Checking eligibility",
    "ingest_submitted_repositories": "Reading the repositories you named",
    "record_submitted_scrape": "Reading your page",
    "generate_ai_profile": "Writing the card",
    **{f"draw_{kind}": f"Drawing {label}" for kind, label in ARTWORK_LABELS.items()},
    "notify": "Telling the owner",
}

ERRORS: Final[Mapping[str, str]] = {
    "github_login_unknown": "GitHub has no account with this login. Check the spelling.",
    "github_unauthorized": "GitHub refused our key. We have been told; try again later.",
    "github_rate_limited": "GitHub asked us to slow down. Try again in an hour.",
    "github_blocked": "GitHub does not show this account for legal reasons.",
    "github_unavailable": "GitHub did not answer, three times. Try again in a few minutes.",
    "github_refused": "GitHub refused the question. We have been told.",
    "nothing_known": "There is nothing to go on yet: a full run has to come first.",
    "not_eligible": "There is not enough public activity for a card yet. See what would help.",
    "no_picture": "None of the pictures could be made. We have been told.",
    "canceled": "The run was called off.",
    "superseded": "A newer run took its place.",
    "deadline": "It took too long and was ended. We have been told.",
    "consumer_died": "It kept failing on our side. We have been told.",
    "timed_out": "It took too long, several times. We have been told.",
    "picture_refused": "The picture could not be read and was left out.",
    "object_missing": "The picture got lost on our side before it was published.",
    "object_damaged": "The picture was damaged on our side before it was published.",
    "door_closed": "The picture could not be read, several times. We have been told.",
    "chromium_failed": "The picture could not be taken, several times.",
    "render_failed": "This picture could not be composed.",
    "drawn_lately": "Artwork is drawn once a week; it is not time yet.",
    "over_budget": "The day's budget for models is used up. Tomorrow there is a new one.",
    "publish_refused": "The result was too large to pass on. We have been told.",
}

RETRYING: Final = "Not this time; another try follows."
FALLBACK: Final = "Something went wrong on our side. We have been told."


def title_of(step: str) -> str:
    """Return what a step is called on a page: `capture:og` names the picture by its label."""
    kind, _, variant = step.partition(":")
    label = VARIANTS[variant].label if variant in VARIANTS else variant
    label = ARTWORK_LABELS.get(variant, label)
    if kind == "capture":
        return f"Taking the picture: {label}"
    if kind == "optimize":
        return f"Making it light: {label}"
    if step == "draw_artwork":
        return "Drawing artwork"
    return STAGES.get(step, step.replace("_", " ").capitalize())


def sentence_for(status: str, code: str | None) -> str | None:
    """Return the sentence for a step that failed or lost something; None when all is well."""
    if code is None:
        return FALLBACK if status == "failed" else None
    return ERRORS.get(code, FALLBACK)
