"""Forms of the companies app."""
