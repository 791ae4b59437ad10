"""What a run may be asked to do, and what becomes of one that is open already."""

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto

from techub_api.profiles.storing import PRESERVABLE
from techub_api.runs.rules import GENERATOR_STAGES
from techub_api.submissions.recipes import RECIPES, SCREENSHOT_REFRESH
from techub_cards.variants import ALIASES
from techub_common.errors import Permanent
from techub_common.events import ARTWORKS, Options


class Meeting(Enum):
    """What happens when a run is asked for while one is open: join it, replace it, or neither."""

    join = auto()
    replace = auto()
    wait = auto()


def is_full(options: Options) -> bool:
    """Return whether nothing is left out."""
    return options.model_copy(update={"force": False}) == Options()


def meeting(
    *, open_options: Options, open_bulk: bool, options: Options, bulk: bool, same_parent: bool
) -> Meeting:
    """Return what becomes of the two.

    A run that does all that is asked is joined. A person's full run takes the place of a bulk one
    or of one that does less; a bulk run takes nobody's place.
    """
    takes_over = is_full(options) and not bulk
    if is_full(open_options) or (open_options == options and same_parent):
        return Meeting.replace if takes_over and open_bulk else Meeting.join
    return Meeting.replace if takes_over else Meeting.wait


def checked(options: Options, variants: Sequence[str]) -> Options:
    """Return the options spelled out, their variants in order; raise Permanent `options_refused`.

    A recipe stands for its options; beside it nothing may be chosen, but for the pictures of one
    that takes pictures, what to draw, and to take them by force. What nobody knows is refused as
    `unknown_recipe`, `unknown_stage` ….
    """
    if options.recipe is not None:
        _known("recipe", [options.recipe], RECIPES)
        recipe = RECIPES[options.recipe]
        chosen = options.model_dump(include={"variants", "force", "artworks"})
        if options != Options(recipe=options.recipe).model_copy(update=chosen):
            message = f"the recipe {options.recipe} says by itself what is left out"
            raise Permanent(message, code="options_refused")
        options = recipe.model_copy(update=chosen)
    _known("stage", (*options.only_stages, *options.skip_stages), GENERATOR_STAGES)
    _known("field", options.preserve_fields, PRESERVABLE)
    _known("artwork", options.artworks or (), ARTWORKS)
    wanted = options.variants
    if wanted is None and options.recipe == SCREENSHOT_REFRESH:
        wanted = tuple(variants)
    if wanted is None:
        return options
    wanted = tuple(ALIASES.get(name, name) for name in wanted)
    _known("variant", wanted, variants)
    if not wanted or options.screenshots == "skip":
        message = "a run without any picture has no pictures to choose from"
        raise Permanent(message, code="options_refused")
    ordered = tuple(name for name in variants if name in wanted)
    return options.model_copy(update={"variants": ordered})


def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            message = f"there is no {what} {name!r}; there are {', '.join(known)}"
            raise Permanent(message, code=f"unknown_{what}")
