"""Contracts and plumbing that at least two services use; nothing here knows what a card is for."""
