"""The deals on the pages of companies and plants, as far as the reader may see them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.panels import panels as company_panels
from deals.models import Deal
from lrs_tracker.panels import Panel
from lrs_tracker.visibility import Viewer
from plants.models import Plant
from plants.panels import panels as plant_panels

SHOWN = 20


def register_panels() -> None:
    """Add the deals to the pages and lists of companies and plants."""
    company_panels.register(_panel(_of_company, "company_id"))
    plant_panels.register(_panel(_of_plant, "plants"))


def _panel(deals_of: Callable[[Any, Viewer], QuerySet[Deal]], link: str) -> Panel:
    def context(record: Any, user: Viewer) -> dict[str, Any]:
        deals = list(
            deals_of(record, user)
            .select_related("stage", "owner", "company")
            .order_by("-updated_at", "-pk")[: SHOWN + 1]
        )
        return {"deals": deals[:SHOWN], "has_more": len(deals) > SHOWN}

    def counts(ids: Sequence[int], user: Viewer) -> Mapping[int, int]:
        rows = Deal.objects.visible_to(user).unclosed().filter(**{f"{link}__in": ids})
        return dict(rows.order_by().values_list(link).annotate(Count("pk")))

    def having(user: Viewer) -> QuerySet[Any]:
        return Deal.objects.visible_to(user).unclosed().filter(**{f"{link}__isnull": False}).values(link)

    return Panel(
        key="deals",
        label=_("Open deals"),
        template="deals/panel.html",
        context=context,
        counts=counts,
        having=having,
        filter_label=_("With open deals"),
    )


def _of_company(company: Company, user: Viewer) -> QuerySet[Deal]:
    return Deal.objects.visible_to(user).filter(company=company)


def _of_plant(plant: Plant, user: Viewer) -> QuerySet[Deal]:
    return Deal.objects.visible_to(user).filter(plants=plant)
