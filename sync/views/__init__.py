"""Views of the sync app."""
