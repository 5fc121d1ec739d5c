"""Pipelines, deals and the work on them in the API."""
