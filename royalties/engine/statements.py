"""Statements: the lines to date less everything already stated, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from royalties.engine.codes import LineKind
from royalties.engine.exact import EXACT, ZERO
from royalties.engine.lines import LineAmount, LineKey, Lines

_KIND_ORDER = {kind: position for position, kind in enumerate(LineKind)}
_NOTHING = LineAmount(None, ZERO)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a statement: what it adds to what was stated under the same key."""

    key: LineKey
    quantity: Decimal | None
    amount: Decimal
    stated: LineAmount | None

    @property
    def is_adjustment(self) -> bool:
        """Whether an earlier statement has this line too."""
        return self.stated is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a statement and their totals; `withheld` is shown when grossed up.

    `earned` is after the cap; `recouped` is what is settled of the advance, out of royalties or by repaying it.
    """

    lines: tuple[StatementLine, ...]
    earned: Decimal
    shortfall: Decimal
    fees: Decimal
    recouped: Decimal
    withheld: Decimal
    payable: Decimal


def difference(lines: Lines, stated: Mapping[LineKey, LineAmount], *, gross_up: bool) -> Statement:
    """Return the statement that takes what was stated to the lines to date.

    `stated` holds, by key, the sums of all lines of all statements so far. A line that has not changed is left out;
    a line of a nil quantity that was never stated is in, with an amount of zero. One that is stated but no longer
    calculated (a term that a back-dated amendment removed) is taken back.
    """
    with localcontext(EXACT):
        changed = []
        for key in dict.fromkeys([*lines, *stated]):
            after, before = lines.get(key, _NOTHING), stated.get(key)
            if before is None or _numbers(before) != _numbers(after):
                changed.append(_line(key, after, before))
        changed.sort(key=lambda line: (line.key.period_end, _KIND_ORDER[line.key.kind]))
        return _statement(tuple(changed), gross_up=gross_up)


def stated_with(stated: Mapping[LineKey, LineAmount], statement: Statement) -> Lines:
    """Return what is stated once a statement is issued."""
    with localcontext(EXACT):
        sums = dict(stated)
        for line in statement.lines:
            before = line.stated or _NOTHING
            quantity = None if line.quantity is None else line.quantity + (before.quantity or ZERO)
            sums[line.key] = LineAmount(quantity, before.amount + line.amount)
        return sums


def _line(key: LineKey, after: LineAmount, before: LineAmount | None) -> StatementLine:
    quantity, amount = _numbers(after)
    stated_quantity, stated_amount = _numbers(before or _NOTHING)
    is_royalty = key.kind == LineKind.ROYALTY
    return StatementLine(key, quantity - stated_quantity if is_royalty else None, amount - stated_amount, before)


def _numbers(line: LineAmount) -> tuple[Decimal, Decimal]:
    return line.quantity or ZERO, line.amount


def _statement(lines: tuple[StatementLine, ...], *, gross_up: bool) -> Statement:
    totals = dict.fromkeys(LineKind, ZERO)
    for line in lines:
        totals[line.key.kind] += line.amount
    earned = totals[LineKind.ROYALTY] + totals[LineKind.CAP]
    shortfall, fees = totals[LineKind.SHORTFALL], totals[LineKind.FEE]
    recouped, withheld = totals[LineKind.RECOUPMENT] + totals[LineKind.REPAYMENT], totals[LineKind.WITHHOLDING]
    payable = earned + shortfall + fees - recouped - (ZERO if gross_up else withheld)
    return Statement(lines, earned, shortfall, fees, recouped, withheld, payable)
