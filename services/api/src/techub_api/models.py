"""Every table of the api; importing this fills `schema.METADATA`."""

from techub_api.accounts.tables import ApiToken, User
from techub_api.profiles.tables import Card, LoginHistory, Ownership, Picture, Profile
from techub_api.runs.tables import Entry, Run, RunPicture, Step

__all__ = [
    "ApiToken",
    "Card",
    "Entry",
    "LoginHistory",
    "Ownership",
    "Picture",
    "Profile",
    "Run",
    "RunPicture",
    "Step",
    "User",
]
