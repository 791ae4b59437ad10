"""The one GraphQL query of a pull: what REST does not tell, for people and organisations alike."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

WINDOW_DAYS: Final = 90

# Costs one point: about forty connections, of which GitHub counts every hundred.
QUERY: Final = """
query Profile($login: String!, $from: DateTime!, $to: DateTime!) {
  repositoryOwner(login: $login) {
    __typename
    ... on User {
      databaseId
      pinnedItems(first: 6, types: [REPOSITORY]) { nodes { ...Pin } }
      repositories(first: 30, ownerAffiliations: [OWNER], isFork: false, privacy: PUBLIC,
          orderBy: {field: PUSHED_AT, direction: DESC}) { nodes { ...Sized } }
      socialAccounts(first: 10) { nodes { provider url displayName } }
      contributionsCollection(from: $from, to: $to) {
        totalCommitContributions
        totalPullRequestContributions
        totalPullRequestReviewContributions
        totalIssueContributions
        totalRepositoryContributions
        restrictedContributionsCount
        contributionCalendar {
          totalContributions
          weeks { contributionDays { date contributionCount } }
        }
      }
    }
    ... on Organization {
      databaseId
      pinnedItems(first: 6, types: [REPOSITORY]) { nodes { ...Pin } }
      repositories(first: 30, isFork: false, privacy: PUBLIC,
          orderBy: {field: PUSHED_AT, direction: DESC}) { nodes { ...Sized } }
    }
  }
}

fragment Pin on Repository {
  name
  nameWithOwner
  description
  url
  stargazerCount
  forkCount
  isFork
  isArchived
  isPrivate
  primaryLanguage { name }
  repositoryTopics(first: 10) { nodes { topic { name } } }
  pushedAt
  createdAt
}

fragment Sized on Repository {
  languages(first: 10, orderBy: {field: SIZE, direction: DESC}) {
    edges { size node { name } }
  }
}
"""


def variables(login: str, now: datetime) -> dict[str, str]:
    """Return the query's variables: the last ninety days, whole days in UTC, today included."""
    today = now.astimezone(UTC).date()
    since = datetime.combine(today - timedelta(days=WINDOW_DAYS), time(), UTC)
    until = datetime.combine(today, time(23, 59, 59), UTC)
    return {"login": login, "from": _instant(since), "to": _instant(until)}


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
