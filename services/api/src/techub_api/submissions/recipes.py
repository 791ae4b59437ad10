"""Shorter roads than a full run, and what each leaves out."""

from collections.abc import Mapping
from typing import Final

from techub_api.artwork.claiming import AVATAR_SUITE, DRAWINGS
from techub_api.profiles.storing import PRESERVABLE
from techub_common.events import Options

SCREENSHOT_REFRESH: Final = "screenshot_refresh"
GITHUB_SYNC: Final = "github_sync"
AVATAR_REFRESH: Final = "avatar_refresh"

FROM_GITHUB: Final = ("pull_github_data", "download_github_avatar")

# What a recipe stands for; options it does not name are the asker's.
RECIPES: Final[Mapping[str, Options]] = {
    SCREENSHOT_REFRESH: Options(recipe=SCREENSHOT_REFRESH),
    GITHUB_SYNC: Options(
        recipe=GITHUB_SYNC,
        only_stages=FROM_GITHUB,
        preserve_avatar=True,
        preserve_fields=PRESERVABLE,
        screenshots="skip",
    ),
    AVATAR_REFRESH: Options(
        recipe=AVATAR_REFRESH,
        only_stages=FROM_GITHUB,
        preserve_fields=PRESERVABLE,
        screenshots="skip",
    ),
    AVATAR_SUITE: Options(recipe=AVATAR_SUITE, only_stages=DRAWINGS, screenshots="skip"),
}
REFRESH: Final = Options(
    recipe=GITHUB_SYNC, only_stages=FROM_GITHUB, preserve_avatar=False, screenshots="skip"
)
