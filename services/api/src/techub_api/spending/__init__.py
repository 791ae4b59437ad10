"""What models have taken, day by day, and how much of the day's budget is left."""
