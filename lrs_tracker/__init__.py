"""LRS Tracker: the project's settings, entry points and single-subject libraries."""
