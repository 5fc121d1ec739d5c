"""Deals and everything about them in the admin."""

from deals.admin import deals, pipelines, records, work

__all__ = ["deals", "pipelines", "records", "work"]
