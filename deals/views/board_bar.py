"""The bar above the board: filters, and what the figures are converted with."""

import datetime as dt
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from companies.enums import Region
from deals.domain.board import Lens
from deals.domain.totals import StageTotals, Totals
from deals.enums import BoardGroup
from deals.filters import DealFilter
from deals.models import Deal, Pipeline
from lrs_tracker.formats import format_day
from plants.enums import Chemistry


def filter_chips(request: HttpRequest, deals: DealFilter, *, pipeline: Pipeline, lens: Lens) -> list[dict[str, Any]]:
    """Return the filters as chips: those with choices drop down, the others are on or off."""
    return [
        _toggle(deals, "mine", _("Mine and my team")),
        _choice(deals, "owner", _("Owner"), _owners(request, pipeline)),
        _choice(deals, "region", _("Region"), Region.choices),
        _choice(deals, "chemistry", _("Chemistry"), Chemistry.choices),
        _toggle(deals, "stuck", _("Stuck")),
        {
            "name": "group",
            "label": _("Group"),
            "choices": [{"value": value, "label": label} for value, label in BoardGroup.choices],
            "chosen": lens.group.value if lens.group else "",
        },
    ]


def rates_note(sums: StageTotals, totals: Totals, *, today: dt.date) -> str:
    """Return which rates the figures use, and what they leave apart: “ECB 20 Nov · CNY 2 deals apart”."""
    notes = []
    if sums.rates:
        sources = " + ".join(sorted({rate.source for rate in sums.rates}))
        notes.append(f"{sources} {format_day(min(rate.on for rate in sums.rates), today=today)}")
    for currency, count in sorted(totals.apart.items()):
        apart = ngettext("%(currency)s %(count)d deal apart", "%(currency)s %(count)d deals apart", count)
        notes.append(apart % {"currency": currency, "count": count})
    return " · ".join(notes)


def _toggle(deals: DealFilter, name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "is_on": deals.data.get(name) == "1"}


def _choice(deals: DealFilter, name: str, label: str, choices: Any) -> dict[str, Any]:
    options = [{"value": str(value), "label": text} for value, text in choices]
    return {"name": name, "label": label, "choices": options, "chosen": deals.data.get(name, "")}


def _owners(request: HttpRequest, pipeline: Pipeline) -> Any:
    """Return the people who own a deal of the pipeline that the reader may see."""
    owned = Deal.objects.visible_to(request.user).filter(owner=models.OuterRef("pk"), stage__pipeline=pipeline)
    owners = User.objects.filter(models.Exists(owned)).order_by("name", "pk").values_list("pk", "name")
    return [*owners, ("null", _("Nobody"))]
