"""GitHub accounts turned into cards, and who looks after them."""
