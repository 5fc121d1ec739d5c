"""Two versions of a statement's lines side by side."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from royalties.enums import DEDUCTIONS
from royalties.models import StatementLine

_ZERO = Decimal(0)


def signed_amount(line: StatementLine) -> Decimal:
    """Return a line's amount as it stands on the statement: deductions are negative.

    A tax that is grossed up lessens nothing, and stands as it is.
    """
    return -line.amount if line.kind in DEDUCTIONS and not is_on_top(line) else line.amount


def is_on_top(line: StatementLine) -> bool:
    """Tell whether a line is a tax that is grossed up: shown, and no part of what is payable."""
    return bool(line.trace.get("withholding", {}).get("gross_up"))


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A line before and after, as it stands on the statement; None where it is not."""

    label: str
    period_end: dt.date
    quantity_before: Decimal | None
    quantity_after: Decimal | None
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal:
        """What the line adds to the earlier version."""
        return (self.after or _ZERO) - (self.before or _ZERO)

    @property
    def is_changed(self) -> bool:
        """Whether amount or quantity differ, or the line is on one side only."""
        return (self.before, self.quantity_before) != (self.after, self.quantity_after)


def compare_lines(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[LineDifference]:
    """Return the lines of both versions, as `statement_lines.describe_lines` keeps them, in the later one's order."""
    former = {_key(line): line for line in before}
    latter = {_key(line): line for line in after}
    return [_difference(former.get(key), latter.get(key)) for key in dict.fromkeys([*latter, *former])]


def _difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> LineDifference:
    shown = after or before or {}
    return LineDifference(
        label=shown["label"],
        period_end=dt.date.fromisoformat(shown["period_end"]),
        quantity_before=_quantity(before),
        quantity_after=_quantity(after),
        before=_amount(before),
        after=_amount(after),
    )


def _key(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return line["kind"], line["term"], line["fee"], line["period_end"]


def _quantity(line: Mapping[str, Any] | None) -> Decimal | None:
    return None if line is None or line["quantity"] is None else Decimal(line["quantity"])


def _amount(line: Mapping[str, Any] | None) -> Decimal | None:
    return None if line is None else Decimal(line["amount"])
