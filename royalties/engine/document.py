"""The what-if document: one JSON object with an agreement, its terms, fees, rates, reports and issues."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from royalties.engine.agreement import Agreement, AgreementRules
from royalties.engine.agreement_document import (
    AGREEMENT_FIELDS,
    FEE_FIELDS,
    TERM_FIELDS,
    read_fee,
    read_rules,
    read_term,
)
from royalties.engine.fx import Rate
from royalties.engine.problems import Problem, ScenarioError, first_of_each_field
from royalties.engine.quantities import ReportLine
from royalties.engine.reading import Reader
from royalties.engine.report_document import (
    ISSUE_FIELDS,
    RATE_FIELDS,
    REPORT_FIELDS,
    Issue,
    issue_problems,
    rate_problems,
    read_issue,
    read_rate,
    read_report,
    report_problems,
)
from royalties.engine.validation import (
    continuation_problems,
    fees_problems,
    rules_problems,
    terms_problems,
)

# Far above a real agreement, and low enough to answer a request.
MOST_TERMS, MOST_FEES, MOST_RATES, MOST_REPORTS, MOST_ISSUES = 50, 1000, 20_000, 20_000, 240
_MOST_PROBLEMS = 100
_SECTIONS = ("agreement", "terms", "fees", "fx", "reports", "issues")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a document says, in the engine's own values."""

    agreement: Agreement
    reports: tuple[ReportLine, ...]
    rates: tuple[Rate, ...]
    issues: tuple[Issue, ...]


def read_scenario(document: object) -> Scenario:
    """Return what a JSON document says, or raise ScenarioError with a problem for each field that is wrong.

    Optional fields are those with a neutral value: no end, minimum, cap, advance, withholding, fee, rate, report or
    issue; 30 payment days; period-end rates; half-even rounding; a term that is creditable, covers everything and
    runs as long as the agreement. Nothing else is guessed: basis, mode, window and tiers must be there.
    """
    problems: list[Problem] = []
    root = Reader(document, "", problems, fields=_SECTIONS)
    if not isinstance(document, dict):
        raise ScenarioError(problems)
    rules = _rules(root)
    effective_on = dt.date.min if rules is None else rules.effective_on
    terms = _rows(root, "terms", TERM_FIELDS, MOST_TERMS, lambda row: read_term(row, effective_on), is_required=True)
    fees = _rows(root, "fees", FEE_FIELDS, MOST_FEES, read_fee)
    rates = _rows(root, "fx", RATE_FIELDS, MOST_RATES, read_rate)
    reports = _rows(root, "reports", REPORT_FIELDS, MOST_REPORTS, read_report)
    issues = _rows(root, "issues", ISSUE_FIELDS, MOST_ISSUES, read_issue)
    is_readable = not problems
    wrong_rules = [] if rules is None else list(rules_problems(rules))
    calendar = None if rules is None or wrong_rules else rules.calendar()
    problems += wrong_rules
    problems += terms_problems(terms, rules)
    problems += continuation_problems(list(terms.values())) if is_readable else []
    problems += fees_problems(fees, rules)
    problems += rate_problems(rates)
    problems += report_problems(reports, calendar)
    problems += issue_problems(issues, calendar)
    if problems or rules is None:
        raise ScenarioError(first_of_each_field(problems)[:_MOST_PROBLEMS])
    agreement = Agreement(rules, tuple(terms.values()), tuple(fees.values()))
    return Scenario(agreement, tuple(reports.values()), tuple(rates.values()), tuple(issues.values()))


def _rules(root: Reader) -> AgreementRules | None:
    reader = root.child("agreement", AGREEMENT_FIELDS, is_required=True)
    if reader is None:
        return None
    rules = read_rules(reader)
    return rules if reader.is_good else None


def _rows[Row](
    root: Reader,
    name: str,
    fields: Collection[str],
    most: int,
    read: Callable[[Reader], Row],
    *,
    is_required: bool = False,
) -> dict[int, Row]:
    """Return the rows that can be read, by their positions, so that they are checked even if others cannot."""
    found = {}
    for position, reader in enumerate(root.children(name, fields, most=most, is_required=is_required)):
        row = read(reader)
        if reader.is_good:
            found[position] = row
    return found
