"""How a run is asked for."""
