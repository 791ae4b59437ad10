"""The servers the stack stands on, started from wheels: NATS, Postgres, Chromium."""
