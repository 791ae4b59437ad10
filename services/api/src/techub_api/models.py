"""Every table of the api; importing this fills `schema.METADATA`."""

from techub_api.accounts.tables import AllowedLogin, ApiToken, Invite, Session, SignIn, User
from techub_api.doctor.tables import Health, Probe, ProbeFinding
from techub_api.limits.tables import AnsweredRequest, Bucket
from techub_api.objects.tables import Forgotten
from techub_api.ops.tables import Action, ActionRun
from techub_api.policy.tables import Switches
from techub_api.profiles.details import (
    ProfileActivity,
    ProfileLanguage,
    ProfileOrganization,
    ProfileReadme,
    ProfileRepository,
    ProfileScrape,
    ProfileSocialAccount,
    ProfileStats,
)
from techub_api.profiles.tables import Card, LoginHistory, Ownership, Picture, Profile
from techub_api.runs.tables import Entry, Run, RunPicture, Step
from techub_api.spending.tables import ExhaustedDay, Spending

__all__ = [
    "Action",
    "ActionRun",
    "AllowedLogin",
    "AnsweredRequest",
    "ApiToken",
    "Bucket",
    "Card",
    "Entry",
    "ExhaustedDay",
    "Forgotten",
    "Health",
    "Invite",
    "LoginHistory",
    "Ownership",
    "Picture",
    "Probe",
    "ProbeFinding",
    "Profile",
    "ProfileActivity",
    "ProfileLanguage",
    "ProfileOrganization",
    "ProfileReadme",
    "ProfileRepository",
    "ProfileScrape",
    "ProfileSocialAccount",
    "ProfileStats",
    "Run",
    "RunPicture",
    "Session",
    "SignIn",
    "Spending",
    "Step",
    "Switches",
    "User",
]
