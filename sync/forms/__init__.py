"""Forms of the sync app."""
