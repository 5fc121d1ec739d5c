"""The agreements on the pages of companies and plants, as far as the reader may see them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.panels import panels as company_panels
from lrs_tracker.panels import Panel
from lrs_tracker.visibility import Viewer
from plants.models import Plant
from plants.panels import panels as plant_panels
from royalties.models import Agreement

SHOWN = 20


def register_panels() -> None:
    """Add the agreements to the pages and lists of companies and plants."""
    company_panels.register(_panel(_of_licensee, "licensee_id"))
    plant_panels.register(_panel(_of_plant, "plants"))


def _panel(agreements_of: Callable[[Any, Viewer], QuerySet[Agreement]], link: str) -> Panel:
    def context(record: Any, user: Viewer) -> dict[str, Any]:
        rows = agreements_of(record, user).select_related("licensee").order_by("-deal_id", "-number", "-pk")
        agreements = list(rows[: SHOWN + 1])
        return {"agreements": agreements[:SHOWN], "has_more": len(agreements) > SHOWN}

    def counts(ids: Sequence[int], user: Viewer) -> Mapping[int, int]:
        rows = Agreement.objects.visible_to(user).filter(**{f"{link}__in": ids})
        return dict(rows.order_by().values_list(link).annotate(Count("pk")))

    def having(user: Viewer) -> QuerySet[Any]:
        return Agreement.objects.visible_to(user).filter(**{f"{link}__isnull": False}).values(link)

    return Panel(
        key="agreements",
        label=_("Agreements"),
        template="royalties/panel.html",
        context=context,
        counts=counts,
        having=having,
        filter_label=_("With agreements"),
    )


def _of_licensee(company: Company, user: Viewer) -> QuerySet[Agreement]:
    return Agreement.objects.visible_to(user).filter(licensee=company)


def _of_plant(plant: Plant, user: Viewer) -> QuerySet[Agreement]:
    return Agreement.objects.visible_to(user).filter(plants=plant)
