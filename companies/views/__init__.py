"""Pages of the companies app."""
