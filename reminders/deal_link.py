"""The calendar in the header of a deal's workspace."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.workspace_links import WorkspaceLink, register_link


def register_deal_link() -> None:
    """Add the link to the calendar of a deal."""
    link = WorkspaceLink(
        "calendar", _("Calendar file"), "calendar", lambda deal: reverse("reminders:deal_calendar", args=[deal.pk])
    )
    register_link(link)
