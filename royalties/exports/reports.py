"""The template of a report as a file: a row for each plant, month, chemistry and field of use."""

from lrs_tracker.exports import Column
from plants.enums import Chemistry
from royalties.domain.report_lines import FIGURES
from royalties.domain.report_mappings import HEADINGS
from royalties.domain.report_rows import ReportRow
from royalties.domain.report_scope import ReportScope
from royalties.enums import FieldOfUse


def template_columns(scope: ReportScope) -> list[Column[ReportRow]]:
    """Return the columns of the template: the keys filled in, the figures so far, and what a row may be marked as."""
    columns = [
        Column[ReportRow](HEADINGS["plant"], lambda row: str(scope.plants.get(row.key.plant_id, ""))),
        Column[ReportRow](HEADINGS["month"], lambda row: f"{row.key.month:%Y-%m}"),
        Column[ReportRow](HEADINGS["chemistry"], lambda row: str(Chemistry(row.key.chemistry).label)),
        Column[ReportRow](HEADINGS["field"], lambda row: str(FieldOfUse(row.key.field).label)),
    ]
    columns += [_figure(name) for name in FIGURES if name in scope.figures]
    if "net_sales" in scope.figures:
        columns.append(Column[ReportRow](HEADINGS["currency"], lambda row: row.currency(scope.agreement.currency)))
    return [*columns, Column[ReportRow](HEADINGS["is_return"], _is_return)]


def _figure(name: str) -> Column[ReportRow]:
    return Column[ReportRow](HEADINGS[name], lambda row: getattr(row.line, name) if row.line else None)


def _is_return(row: ReportRow) -> str:
    return "yes" if row.line and row.line.is_return else ""
