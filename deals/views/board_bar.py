"""The bar above the board: filters, and what the figures are converted with."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.db import models
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.requests import UserRequest
from companies.enums import Region
from deals.domain.totals import StageTotals, Totals
from deals.enums import BoardGroup
from deals.filters import DealFilter
from deals.models import Deal, Pipeline
from lrs_tracker.formats import format_day
from lrs_tracker.prepared import Hole, PreparedForViewers
from lrs_tracker.visibility import Viewer
from plants.enums import Chemistry

_KEPT = 256


def filters_html(request: UserRequest, deals: DealFilter, *, pipeline: Pipeline) -> SafeString:
    """Return the filters as chips: those with choices drop down, the others are on or off."""
    can_save = request.user.has_perm("deals.add_savedview")
    owners = _owners(request, pipeline)
    return _render(request.GET.urlencode(), owners, bool(deals.active), can_save, pipeline.slug, get_language())


@lru_cache(maxsize=_KEPT)
def _render(
    query: str, owners: tuple[tuple[int, str], ...], is_filtered: bool, can_save: bool, slug: str, _language: str | None
) -> SafeString:
    chosen = QueryDict(query)
    context = {
        "request": SimpleNamespace(GET=chosen),
        "chips": [
            _toggle(chosen, "mine", _("Mine and my team")),
            _choice(chosen, "owner", _("Owner"), [*owners, ("null", _("Nobody"))]),
            _choice(chosen, "region", _("Region"), Region.choices),
            _choice(chosen, "chemistry", _("Chemistry"), Chemistry.choices),
            _toggle(chosen, "stuck", _("Stuck")),
            _choice(chosen, "group", _("Group"), BoardGroup.choices),
        ],
        "is_filtered": is_filtered,
        "can_save": can_save,
        "slug": slug,
        "board_url": reverse("deals:board", args=[slug]),
    }
    return render_to_string("deals/board_filters.html", context)


def rates_note(sums: StageTotals, totals: Totals, *, today: dt.date) -> str:
    """Return which rates the figures use, and what they leave apart: “ECB 20 Nov · CNY 2 deals apart”."""
    notes = []
    if sums.rates:
        sources = " + ".join(sorted({rate.source for rate in sums.rates}))
        notes.append(f"{sources} {format_day(min(rate.on for rate in sums.rates), today=today)}")
    for currency, count in totals.apart:
        apart = ngettext("%(currency)s %(count)d deal apart", "%(currency)s %(count)d deals apart", count)
        notes.append(apart % {"currency": currency, "count": count})
    return " · ".join(notes)


def _toggle(chosen: QueryDict, name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "is_on": chosen.get(name) == "1"}


def _choice(chosen: QueryDict, name: str, label: str, choices: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    options = [{"value": str(value), "label": text} for value, text in choices]
    return {"name": name, "label": label, "choices": options, "chosen": chosen.get(name, "")}


def _owners(request: UserRequest, pipeline: Pipeline) -> tuple[tuple[int, str], ...]:
    """Return the people who own a deal of the pipeline that the reader may see."""
    return tuple(_OWNERS.run(request.user, pipeline=pipeline.pk))


def _owning(viewer: Viewer) -> models.QuerySet[User, tuple[int, str]]:
    owned = Deal.objects.visible_to(viewer).filter(owner=models.OuterRef("pk"), stage__pipeline=Hole("pipeline"))
    return User.objects.filter(models.Exists(owned)).order_by("name", "pk").values_list("pk", "name")


_OWNERS = PreparedForViewers(_owning)
