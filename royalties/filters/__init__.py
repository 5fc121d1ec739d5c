"""Filters of the lists of royalties."""
