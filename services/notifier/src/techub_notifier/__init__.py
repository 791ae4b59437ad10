"""Terminal events to e-mail: everybody is told once, and what is unknown waits for a person."""
