"""The table of deals: its orders, and the rows of a page."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Func, OrderBy, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf
from django.urls import reverse
from django.utils.translation import gettext as _

from companies.enums import Region
from deals.models import Deal, Task
from deals.models.deals import deal_code
from lrs_tracker.formats import format_count
from lrs_tracker.problems import Text
from plants.enums import Chemistry

DEFAULT_SORT = "-updated"
_REGIONS: dict[str, Text] = dict(Region.choices)
_CHEMISTRIES: dict[str, Text] = dict(Chemistry.choices)
DAY = dt.timedelta(days=1)

type Order = list[OrderBy]


@dataclass(frozen=True, slots=True)
class DealRow:
    """What the table and its export show of a deal."""

    pk: int
    title: str
    company_id: int
    company: str
    stage: str
    stage_type: str
    pipeline: str
    owner: str
    region: str
    chemistry: str
    capacity_gwh: Decimal | None
    royalty: Decimal | None
    currency: str
    own_probability_percent: int | None
    stage_probability_percent: int
    step: str
    step_on: dt.date | None
    days_in_stage: int
    rots_at_days: int | None
    is_confidential: bool
    updated_at: dt.datetime
    today: dt.date

    @property
    def code(self) -> str:
        """The name people use for the deal."""
        return deal_code(self.pk)

    @property
    def url(self) -> str:
        """Where the deal's workspace is."""
        return reverse("deals:workspace", args=[self.code])

    @property
    def region_label(self) -> str:
        """The region in words."""
        return str(_REGIONS.get(self.region, self.region))

    @property
    def chemistry_label(self) -> str:
        """The chemistry in words."""
        return str(_CHEMISTRIES.get(self.chemistry, self.chemistry))

    @property
    def stuck_words(self) -> str:
        """For how long a deal may be in this stage, where this one is longer."""
        return _("rots at %(days)s") % {"days": format_count(self.rots_at_days)} if self.rots_at_days else ""

    @property
    def probability_percent(self) -> int:
        """The probability in force: the deal's own, else the stage's."""
        own = self.own_probability_percent
        return self.stage_probability_percent if own is None else own

    @property
    def is_late(self) -> bool:
        """Whether the date of the next step has passed."""
        return self.step_on is not None and self.step_on < self.today

    @property
    def is_stuck(self) -> bool:
        """Whether the deal is longer in its stage than the stage's rot days."""
        return self.rots_at_days is not None


def _by(*expressions: Any) -> Callable[[bool], Order]:
    """Return an order by these expressions, downwards when asked; what is empty comes last either way."""
    return lambda is_descending: [
        OrderBy(expression, descending=is_descending, nulls_last=True) for expression in expressions
    ]


def _filled(column: str) -> Func:
    return NullIf(F(column), Value(""))


def _by_key(column: str, *, is_reversed: bool = False) -> Callable[[bool], Order]:
    """Return an order by a column that is never empty, which its index serves in both directions."""
    return lambda is_descending: [OrderBy(F(column), descending=is_descending != is_reversed)]


def _by_royalty(is_descending: bool) -> Order:
    """Amounts of different currencies are not compared: the currencies part them."""
    has_royalty = Case(When(annual_royalty__isnull=False, then=F("currency")))
    amount = OrderBy(F("annual_royalty"), descending=is_descending)
    return [OrderBy(has_royalty, nulls_last=True), amount]


SORTS: dict[str, Callable[[bool], Order]] = {
    "code": _by_key("pk"),
    "company": _by(Lower("company__name")),
    "title": _by(Lower(_filled("title"))),
    "stage": _by(F("stage__pipeline__position"), F("stage__pipeline"), F("stage__position")),
    "owner": _by(Lower("owner__name")),
    "region": _by(_filled("region")),
    "chemistry": _by(_filled("chemistry")),
    "capacity": _by(F("capacity_gwh")),
    "royalty": _by_royalty,
    "probability": _by(Coalesce("probability_percent", "stage__probability_percent")),
    "step": _by(F("step_on")),
    "days": _by_key("entered_stage_at", is_reversed=True),
    "updated": _by_key("updated_at"),
}


def known_sort(asked: str) -> str:
    """Return the order asked for, or the default one when there is no such order."""
    return asked if asked.removeprefix("-") in SORTS else DEFAULT_SORT


def ordered(deals: "QuerySet[Deal]", sort: str) -> "QuerySet[Deal]":
    """Return the deals in an order of SORTS (“-” in front: downwards), the newest first among equals."""
    name = sort.removeprefix("-")
    if name == "step":
        deals = deals.annotate(step_on=_next_step("due_on"))
    order = SORTS[name](sort.startswith("-"))
    return deals.order_by(*order) if name == "code" else deals.order_by(*order, "-pk")


def rows_between(
    deals: "QuerySet[Deal]", *, sort: str, start: int, end: int, at: dt.datetime, today: dt.date
) -> list[DealRow]:
    """Return the rows of a page in one query.

    The keys of the page are found first, and only these deals are joined with what the row shows: so a
    late page costs little more than an early one.
    """
    keys = ordered(deals, sort).values("pk")[start:end]
    return [_row(found, at, today) for found in _shown(ordered(Deal.objects.filter(pk__in=keys), sort))]


def every_row(deals: "QuerySet[Deal]", *, sort: str, at: dt.datetime, today: dt.date) -> Iterator[DealRow]:
    """Yield the rows of all deals, read in chunks."""
    for found in _shown(ordered(deals, sort)).iterator(chunk_size=1000):
        yield _row(found, at, today)


def _next_step(column: str) -> Subquery:
    pending = Task.objects.filter(deal=OuterRef("pk"), done_at__isnull=True).order_by("due_on", "pk")
    return Subquery(pending.values(column)[:1])


def _shown(deals: "QuerySet[Deal]") -> "QuerySet[Deal, tuple[Any, ...]]":
    return deals.annotate(step_title=_next_step("title"), step_on=_next_step("due_on")).values_list(
        "pk",
        "title",
        "company_id",
        "company__name",
        "stage__name",
        "stage__type",
        "stage__pipeline__name",
        "owner__name",
        "region",
        "chemistry",
        "capacity_gwh",
        "annual_royalty",
        "currency",
        "probability_percent",
        "stage__probability_percent",
        "step_title",
        "step_on",
        "is_confidential",
        "updated_at",
        "entered_stage_at",
        "stage__rot_days",
    )


def _row(found: tuple[Any, ...], at: dt.datetime, today: dt.date) -> DealRow:
    *shown, is_confidential, updated_at, entered_at, rot_days = found
    in_stage = at - entered_at
    days_in_stage = max(in_stage // DAY, 0)
    rots_at_days = rot_days if rot_days is not None and in_stage > rot_days * DAY else None
    # In the order of the fields of a row.
    return DealRow(*[*shown, days_in_stage, rots_at_days, is_confidential, updated_at, today])
