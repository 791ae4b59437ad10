"""The operators' command `techub`; it speaks NATS only, as the operators' NATS user."""
