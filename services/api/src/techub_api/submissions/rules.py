"""What a run may be asked to do, and what becomes of one that is open already."""

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto
from typing import Final

from techub_api.runs.rules import GENERATOR_STAGES
from techub_cards.variants import ALIASES
from techub_common.errors import Permanent
from techub_common.events import Options

SCREENSHOT_REFRESH: Final = "screenshot_refresh"
RECIPES: Final = (SCREENSHOT_REFRESH,)


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
    """Return the options with their variants in order; raise Permanent for what nobody can do."""
    if options.recipe is not None:
        _known("recipe", [options.recipe], RECIPES)
        if options.only_stages or options.skip_stages:
            message = f"the recipe {options.recipe} has no stages to choose from"
            raise Permanent(message, code="options_refused")
    _known("stage", (*options.only_stages, *options.skip_stages), GENERATOR_STAGES)
    wanted = options.variants
    if wanted is None and options.recipe == SCREENSHOT_REFRESH:
        wanted = tuple(variants)
    if wanted is None:
        return options
    wanted = tuple(ALIASES.get(name, name) for name in wanted)
    _known("variant", wanted, variants)
    if not wanted:
        message = "a run without any picture has nothing to do"
        raise Permanent(message, code="options_refused")
    ordered = tuple(name for name in variants if name in wanted)
    return options.model_copy(update={"variants": ordered})


def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            message = f"there is no {what} {name!r}; there are {', '.join(known)}"
            raise Permanent(message, code=f"unknown_{what}")
