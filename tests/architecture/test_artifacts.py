"""What the api reads of the generator's artifacts is what the generator writes."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from techub_api.profiles import facts
from techub_common.events import Section
from techub_generator import profile, scrape, submitted
from techub_generator.github.contributions import contributions_of

PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (facts.GitHubFacts, profile.GitHubProfile),
    (facts.RepositoryFacts, profile.Repository),
    (facts.OrganizationFacts, profile.Organization),
    (facts.SocialFacts, profile.SocialAccount),
    (facts.ActivityFacts, profile.Activity),
    (facts.SubmittedFacts, submitted.SubmittedRepositories),
    (facts.ScrapeFacts, scrape.Scrape),
]
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(("read", "written"), PAIRS, ids=lambda shape: shape.__name__)
def test_no_field_is_read_that_nobody_writes(
    read: type[BaseModel], written: type[BaseModel]
) -> None:
    """A field renamed on one side only would be null for ever."""
    properties = written.model_json_schema(mode="serialization")["properties"]

    assert set(read.model_fields) <= set(properties)


def test_every_section_is_a_field_or_known() -> None:
    """The sections the api asks about are those the generator speaks of."""
    repository = profile.Repository(name="a", full_name="ada/a", stars=3, pushed_at=NOW)
    written = profile.GitHubProfile(
        id=1,
        login="ada",
        created_at=NOW,
        read_at=NOW,
        repositories=(repository,),
        pinned=(repository,),
        organizations=(profile.Organization(id=2, login="guild"),),
        activity=profile.Activity(total_events=2),
        contributions=contributions_of({}),
        sections=dict.fromkeys(profile.SECTIONS, Section.read),
        unread=("repositories",),
    )
    read = facts.GitHubFacts.model_validate_json(written.model_dump_json())

    assert all(read.has(section) for section in profile.SECTIONS)
    assert not read.has("never heard of")
    assert read.top_repositories[0].model_dump() == repository.model_dump()
    assert (read.total_stars, read.unread) == (3, ("repositories",))
    assert read.contributions is not None
    assert read.contributions["window_days"] == 90
