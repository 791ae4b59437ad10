"""What operators ask over NATS, and what they get."""
