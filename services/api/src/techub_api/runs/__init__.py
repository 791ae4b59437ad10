"""The ledger: which step of which run is done, and when a run is over."""
