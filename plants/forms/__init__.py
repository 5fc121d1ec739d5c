"""Forms of the plants app."""
