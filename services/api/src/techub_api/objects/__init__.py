"""The object store as operators meet it: copied, tested, and rid of what no row names."""
