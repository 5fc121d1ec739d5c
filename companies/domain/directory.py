"""Finding companies: the tree, similar names, what leads up to a company."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q, QuerySet, Value

from companies.models import Company
from companies.models.companies import CompanyNameKey
from lrs_tracker.visibility import Viewer

SIMILAR_FROM = 0.45
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Branch:
    """A company in the tree: how deep below its root, below which company, and whether others are below it."""

    company: Company
    depth: int
    has_children: bool


def tree_of(roots: Sequence[Company], *, companies: QuerySet[Company]) -> list[Branch]:
    """Return the roots, in order, each followed by those of `companies` below it by name, in two queries."""
    if not roots:
        return []
    ids = _ids_below([root.pk for root in roots])
    children: dict[int | None, list[Company]] = {}
    for company in companies.filter(pk__in=ids).order_by("name", "pk"):
        children.setdefault(company.parent_id, []).append(company)

    def walk(company: Company, depth: int) -> Iterable[Branch]:
        below = children.get(company.pk, [])
        yield Branch(company, depth, bool(below))
        for child in below:
            yield from walk(child, depth + 1)

    return [branch for root in roots for branch in walk(root, 0)]


def _ids_below(root_ids: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE below(id, depth) AS (
                SELECT id, 1 FROM companies_company WHERE parent_id = ANY(%s)
                UNION ALL
                SELECT c.id, below.depth + 1 FROM companies_company c JOIN below ON c.parent_id = below.id
                WHERE below.depth < %s
            )
            SELECT id FROM below
            """,
            [root_ids, _DEEPEST],
        )
        return [pk for (pk,) in cursor.fetchall()]


def companies_above(company: Company) -> list[Company]:
    """Return the parents of a company from the topmost down, in one query."""
    if company.parent_id is None:
        return []
    return list(
        Company.objects.raw(
            """
            WITH RECURSIVE above(id, parent_id, height) AS (
                SELECT id, parent_id, 0 FROM companies_company WHERE id = %s
                UNION ALL
                SELECT c.id, c.parent_id, above.height + 1
                FROM companies_company c JOIN above ON c.id = above.parent_id
            )
            SELECT c.id, c.name FROM companies_company c JOIN above ON above.id = c.id ORDER BY above.height DESC
            """,
            [company.parent_id],
        )
    )


def similar_companies(
    *, name: str, user: Viewer, apart_from: Company | None = None, limit: int = 5
) -> QuerySet[Company]:
    """Return companies whose names could mean the same one, the likeliest first, archived ones included."""
    companies = Company.objects.visible_to(user)
    if apart_from is not None:
        companies = companies.exclude(pk=apart_from.pk)
    return (
        companies.annotate(name_key=CompanyNameKey("name"), likeness=TrigramSimilarity("name", name))
        .filter(Q(name_key=CompanyNameKey(Value(name))) | Q(likeness__gte=SIMILAR_FROM))
        .order_by("-likeness", "name", "pk")[:limit]
    )
