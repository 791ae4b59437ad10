"""What GitHub tells us of accounts and repositories."""
