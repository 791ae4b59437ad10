"""Pages that people name are read by a process of its own, which may die of them."""
