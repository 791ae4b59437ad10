"""The generator: GitHub data to eligibility to card traits."""
