"""What other apps show on a plant's page and in the list, and what plants show on a company's."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.panels import panels as company_panels
from lrs_tracker.panels import Panel, Panels
from lrs_tracker.visibility import Viewer
from plants.models import Plant

panels = Panels()


def register_panels() -> None:
    """Add the plants to the page and list of companies."""
    company_panels.register(
        Panel(
            key="plants",
            label=_("Plants"),
            template="plants/panel.html",
            context=_plants_of,
            counts=_counts,
            having=_having,
            filter_label=_("With plants"),
        )
    )


def _live(user: Viewer) -> QuerySet[Plant]:
    return Plant.objects.visible_to(user).filter(archived_at__isnull=True)


def _plants_of(company: Company, user: Viewer) -> dict[str, Any]:
    return {"plants": _live(user).filter(company=company).order_by("name", "pk")}


def _counts(ids: Sequence[int], user: Viewer) -> Mapping[int, int]:
    rows = _live(user).filter(company_id__in=ids)
    return dict(rows.order_by().values_list("company_id").annotate(Count("pk")))


def _having(user: Viewer) -> QuerySet[Any]:
    return _live(user).filter(company__isnull=False).values("company_id")
