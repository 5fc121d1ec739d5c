"""The filters and heads of the table as HTML, rendered once for all who see the same."""

from collections.abc import Iterable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from companies.enums import Region
from deals.filters import DealFilter
from deals.models import Deal, Stage
from plants.enums import Chemistry

_KEPT = 256

type Owners = tuple[tuple[int, str], ...]
type Stages = tuple[tuple[int, str, str, str], ...]


def filters_html(narrowed: DealFilter, visible: "QuerySet[Deal]") -> SafeString:
    """Return the filters as chips: those with choices drop down, the others are on or off."""
    owners = User.objects.filter(Exists(visible.filter(owner=OuterRef("pk")))).order_by("name", "pk")
    stages = (
        Stage.objects.filter(archived_at__isnull=True, pipeline__archived_at__isnull=True)
        .order_by("pipeline__position", "pipeline__name", "position")
        .values_list("pk", "name", "pipeline__slug", "pipeline__name")
    )
    return _filters(
        narrowed.data.urlencode(),
        tuple(owners.values_list("pk", "name")),
        tuple(stages),
        bool(narrowed.active),
        get_language(),
    )


@lru_cache(maxsize=_KEPT)
def _filters(query: str, owners: Owners, stages: Stages, is_filtered: bool, _language: str | None) -> SafeString:
    chosen = QueryDict(query)
    pipelines = {slug: name for _pk, _name, slug, name in stages}
    # The stages of one pipeline: those of several would be a list nobody reads.
    pipeline = chosen.get("pipeline") or (next(iter(pipelines)) if len(pipelines) == 1 else "")
    drops: tuple[tuple[str, str, Iterable[tuple[Any, Any]]], ...] = (
        ("pipeline", _("Pipeline"), pipelines.items() if len(pipelines) > 1 else ()),
        ("stage", _("Stage"), [(pk, name) for pk, name, slug, _pipeline in stages if slug == pipeline]),
        ("owner", _("Owner"), [*owners, ("null", _("Nobody"))]),
        ("region", _("Region"), Region.choices),
        ("chemistry", _("Chemistry"), Chemistry.choices),
    )
    context = {
        "request": SimpleNamespace(GET=chosen),
        "is_filtered": is_filtered,
        "chips": [
            {"name": "mine", "label": _("Mine and my team"), "is_on": chosen.get("mine") == "1"},
            *(_drop(chosen, name, label, choices) for name, label, choices in drops if choices),
            {"name": "stuck", "label": _("Stuck"), "is_on": chosen.get("stuck") == "1"},
        ],
    }
    return render_to_string("deals/table_filters.html", context)


def _drop(chosen: QueryDict, name: str, label: str, choices: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    options = [{"value": str(value), "label": text} for value, text in choices]
    return {"name": name, "label": label, "choices": options, "chosen": chosen.get(name, "")}


def heads_html(query: str, sort: str) -> SafeString:
    """Return the heads of the columns, each a link that sorts by it."""
    return _heads(query, sort, get_language())


@lru_cache(maxsize=_KEPT)
def _heads(query: str, sort: str, _language: str | None) -> SafeString:
    context = {"request": SimpleNamespace(GET=QueryDict(query)), "sort": sort}
    return render_to_string("deals/table_heads.html", context)
