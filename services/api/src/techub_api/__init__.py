"""The gateway and the keeper of the story: HTTP, submissions, the ledger and its outbox."""
