"""The decision code of the whole road, run against a world in which everything goes wrong."""
