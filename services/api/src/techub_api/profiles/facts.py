"""What the api understands of the GitHub artifact the generator leaves in the object store."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class GitHubFacts(BaseModel):
    """The part of the artifact that becomes the stored profile; everything else is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    login: str
    name: str | None = None
    bio: str | None = None
    company: str | None = None
    location: str | None = None
    blog: str | None = None
    followers: int = 0
    following: int = 0
    public_repos: int = 0
    total_stars: int = 0
    languages: dict[str, int] = {}
    summary: str | None = None
    created_at: datetime | None = None
