"""How much one request may calculate, judged before anything is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.problem_details import FieldProblem

# Each statement looks at every report, may restate every month through every tier, and places every fee. In steps of
# looking at a report (0.7 µs measured), a part of a tier costs 30 and a fee 300 at most. The limit is some 6 seconds at
# worst, and lets ten years of 20 plants with 4 chemistries and three terms of three tiers through, stated every month.
MOST_STEPS = 8_000_000
_STEPS_PER_TIER, _STEPS_PER_FEE = 30, 300


def refuse_too_much_work(document: Any) -> None:
    """Raise Invalid for a scenario that would keep a web worker busy for too long."""
    if _count_steps(document) > MOST_STEPS:
        message = _(
            "This is too much for one request. Ask for fewer statements, or split the agreement; "
            "“manage.py royalty_calc” has no such limit."
        )
        raise Invalid([FieldProblem(field="issues", code="too_much_work", message=str(message))])


def _count_steps(document: Any) -> int:
    issues, reports, terms, fees = (_rows(document, name) for name in ("issues", "reports", "terms", "fees"))
    months = len({str(report.get("month"))[:7] for report in reports if isinstance(report, dict)})
    tiers = sum(len(_rows(term, "tiers")) for term in terms)
    return len(issues) * (len(reports) + _STEPS_PER_TIER * months * tiers + _STEPS_PER_FEE * len(fees))


def _rows(owner: Any, name: str) -> list[Any]:
    """Return a list of a document that is not checked yet."""
    rows = owner.get(name) if isinstance(owner, dict) else None
    return rows if isinstance(rows, list) else []
