"""Who people are: users, personal tokens, sign-in."""
