"""The operators' pages: what every run did, what waits, what was given up, and how to mend it."""
