"""Pages of the plants app."""
