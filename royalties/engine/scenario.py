"""The what-if calculation: one JSON document in, one out, without a database."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, localcontext

from royalties.engine.calculation import calculate
from royalties.engine.codes import LineKind
from royalties.engine.comparison import ComparedReport
from royalties.engine.document import Scenario, read_scenario
from royalties.engine.exact import EXACT, ZERO, AmountTooLargeError, minor_unit, money, plain
from royalties.engine.fx import RateTable, missing_rates
from royalties.engine.lines import Lines
from royalties.engine.problems import Problem, ScenarioError, first_of_each_field
from royalties.engine.quantities import ReportLine, TermQuantity
from royalties.engine.report_book import ReportBook
from royalties.engine.report_document import Issue
from royalties.engine.statements import Statement, StatementLine, difference, stated_with
from royalties.engine.trace import Explanation


def calculate_scenario(document: object) -> dict[str, object]:
    """Return the statements of a what-if document, each with its lines and their traces.

    Line amounts are positive in the sense of their kind, a cut by the cap negative: the lines of a kind add up to
    the total of that name. In the balance, `advance` is what is still to be recouped and `stated` is what all
    statements make payable. Raise ScenarioError, with a problem per field, for a document that breaks a rule.
    """
    scenario = read_scenario(document)
    run = _Run(scenario)
    statements = [run.issue(issue) for issue in scenario.issues]
    return {"statements": statements, "balance": run.balance()}


class _Run:
    """The statements of a scenario, issued one after another."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._agreement = scenario.agreement
        self._unit = minor_unit(scenario.agreement.rules.currency)
        self._rates = RateTable(scenario.rates)
        self._book = ReportBook(scenario.agreement, scenario.reports)
        self._stated: Lines = {}
        self._payable = self._recouped = ZERO

    def issue(self, issue: Issue) -> dict[str, object]:
        """Issue a statement on the reports accepted up to its day, and return it."""
        quantities = self._book.move_to(issue.on, issue.period_end)
        self._refuse_missing_rates(quantities)
        try:
            lines = calculate(self._agreement, quantities, through=issue.period_end, rates=self._rates)
        except AmountTooLargeError as error:
            raise ScenarioError([Problem("reports", error.message)]) from error
        statement = difference(lines, self._stated, gross_up=self._agreement.rules.gross_up)
        explanation = Explanation(self._agreement, quantities, lines, through=issue.period_end, rates=self._rates)
        self._stated = stated_with(self._stated, statement)
        with localcontext(EXACT):
            self._payable += statement.payable
            self._recouped += statement.recouped
        return self._describe(issue, statement, explanation)

    def balance(self) -> dict[str, str]:
        """Return the sums of all statements."""
        rules = self._agreement.rules
        advance = rules.advance - self._recouped if rules.advance_recoupable else ZERO
        return {"advance": money(advance, self._unit), "stated": money(self._payable, self._unit)}

    def _describe(self, issue: Issue, statement: Statement, explanation: Explanation) -> dict[str, object]:
        names = ("earned", "shortfall", "fees", "recouped", "withheld", "payable")
        totals: dict[str, Decimal] = {name: getattr(statement, name) for name in names}
        return {
            "period_end": issue.period_end.isoformat(),
            "issued_on": issue.on.isoformat(),
            **{name: money(total, self._unit) for name, total in totals.items()},
            "currency": self._agreement.rules.currency,
            "lines": [self._describe_line(line, explanation) for line in statement.lines],
        }

    def _describe_line(self, line: StatementLine, explanation: Explanation) -> dict[str, object]:
        return {
            "kind": str(line.key.kind),
            "term": line.key.item,
            "period": line.key.period_end.isoformat(),
            "quantity": None if line.quantity is None else plain(line.quantity),
            "amount": money(line.amount, self._unit),
            "trace": explanation.trace(line, self._compared(line)),
        }

    def _compared(self, line: StatementLine) -> list[ComparedReport]:
        if line.key.kind == LineKind.ROYALTY and line.key.item is not None:
            return self._book.compared_for(line.key.item, line.key.period_end)
        return self._book.corrections_through(line.key.period_end) if line.is_adjustment else []

    def _refuse_missing_rates(self, quantities: Iterable[TermQuantity]) -> None:
        """Raise ScenarioError naming each rate that is missing at the first report that needs it."""
        problems = []
        for period_end, missing in missing_rates(self._agreement, quantities, self._rates):
            position = next(
                position
                for position, line in enumerate(self._scenario.reports)
                if line.currency == missing.base and line.net_sales and self._period_end(line) == period_end
            )
            problems.append(Problem(f"reports[{position}].currency", missing.message))
        if problems:
            raise ScenarioError(first_of_each_field(problems))

    def _period_end(self, line: ReportLine) -> dt.date | None:
        period = self._agreement.calendar.period_of_month(line.month)
        return None if period is None else period.ends_on
