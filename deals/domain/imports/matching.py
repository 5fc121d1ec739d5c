"""Finding the deal that a row is about: by external id first, then by the names of company and title."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import models

from accounts.models import User
from companies.models import Company
from companies.models.companies import CompanyNameKey
from deals.models import Deal, Pipeline
from sync.models import ExternalRef

DEAL_RESOURCE = "deal"


@dataclass(slots=True)
class KnownDeals:
    """The deals that a file may be about, as far as the importing user sees them.

    `hidden_ids` are external ids in use by deals that do not exist for the user.
    """

    by_external_id: dict[str, Deal]
    hidden_ids: set[str]
    by_names: dict[tuple[int, str], list[Deal]]


def deals_seen_by(user: User | None) -> models.QuerySet[Deal]:
    """Return the deals an import may touch; without a user (the operator's command line) all."""
    deals = Deal.objects.all() if user is None else Deal.objects.visible_to(user)
    return deals.select_related("stage", "company", "owner")


def find_known_deals(
    *,
    system: str,
    pipeline: Pipeline,
    external_ids: Collection[str],
    companies: Iterable[Company],
    title_keys: Collection[str],
    by: User | None,
    lock: bool,
) -> KnownDeals:
    """Load every deal that the rows of a file may be about, in a fixed number of queries.

    Deals that the system knows under another id are no candidates for a match by name: they are
    other deals there. `lock` keeps the deals from changing until the transaction ends.
    """
    seen = deals_seen_by(by)
    if lock:
        seen = seen.select_for_update(of=("self",))
    refs = ExternalRef.objects.filter(resource=DEAL_RESOURCE, system=system)
    object_ids = dict(refs.filter(external_id__in=list(external_ids)).values_list("external_id", "object_id"))
    deals = {deal.pk: deal for deal in seen.filter(pk__in=list(object_ids.values())).order_by("pk")}
    by_names: dict[tuple[int, str], list[Deal]] = defaultdict(list)
    if pipeline.pk is not None:
        named = (
            seen.filter(stage__pipeline=pipeline, company__in=[each.pk for each in companies if each.pk])
            .exclude(pk__in=refs.values("object_id"))
            .annotate(title_key=CompanyNameKey("title"))
            .filter(title_key__in=list(title_keys))
        )
        for deal in named.order_by("pk"):
            by_names[deal.company_id, deal.title_key].append(deal)
    return KnownDeals(
        by_external_id={key: deals[pk] for key, pk in object_ids.items() if pk in deals},
        hidden_ids={key for key, pk in object_ids.items() if pk not in deals},
        by_names=by_names,
    )
