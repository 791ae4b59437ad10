"""What the owner of the system has switched on: the settings, and what was switched since."""
