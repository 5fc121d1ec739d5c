"""Lines: the smallest amounts that are stated, each under a key that stays the same when it is calculated again."""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from royalties.engine.codes import LineKind
from royalties.engine.terms import Key


class LineKey(NamedTuple):
    """What a line is about: its kind, the term or fee (None for the others), and the end of its reporting period."""

    kind: LineKind
    item: Key | None
    period_end: dt.date


class LineAmount(NamedTuple):
    """The quantity (of royalty lines) and the rounded amount of a line.

    Amounts are positive in the sense of their kind: what is earned, due, recouped, repaid or withheld; a cut by the
    cap is negative. So the lines of a kind add up to the total of that name, royalty and cap together to what is
    earned, recoupment and repayment together to what is recouped.
    """

    quantity: Decimal | None
    amount: Decimal


type Lines = dict[LineKey, LineAmount]
