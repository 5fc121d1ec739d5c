"""What gates of a deal can ask of its agreements: agreed terms, a paid upfront fee, a paid first statement."""

import datetime as dt

from django.db.models import CharField, Exists, OuterRef, Value
from django.utils.translation import gettext_lazy as _

from deals.domain.gate_facts import DealIds, FactRows, register_kind, register_source
from royalties.enums import FeeKind, LineKind, StatementStatus
from royalties.models import Agreement, Fee, RoyaltyTerm, Statement, StatementLine

ROYALTY_BASIS = "royalty_basis"
UPFRONT_FEE_PAID = "upfront_fee_paid"
FIRST_STATEMENT_PAID = "first_statement_paid"
_TAB = "agreements"


def register_gates() -> None:
    """Let gates ask for what agreements hold; called from `RoyaltiesConfig.ready`."""
    register_kind(ROYALTY_BASIS, label=_("Royalty basis and fee agreed"), requirements=(), tab=_TAB)
    register_kind(UPFRONT_FEE_PAID, label=_("Upfront fee paid"), requirements=(), tab=_TAB)
    register_kind(FIRST_STATEMENT_PAID, label=_("First statement paid"), requirements=(), tab=_TAB)
    for source in (_royalty_bases, _paid_upfront_fees, _paid_statements):
        register_source(source)


def _fact(kind: str) -> Value:
    return Value(f"{kind}:", output_field=CharField())


def _royalty_bases(deal_ids: DealIds, today: dt.date) -> FactRows:
    """Find agreements, and drafts, with at least one royalty term and one fee."""
    terms = RoyaltyTerm.objects.filter(agreement=OuterRef("pk"))
    fees = Fee.objects.filter(agreement=OuterRef("pk"))
    agreed = Agreement.objects.filter(Exists(terms), Exists(fees), deal_id__in=deal_ids)
    return agreed.values_list("deal_id", _fact(ROYALTY_BASIS))


def _paid_upfront_fees(deal_ids: DealIds, today: dt.date) -> FactRows:
    """Find upfront fees on statements that are settled."""
    lines = StatementLine.objects.filter(
        statement__agreement__deal_id__in=deal_ids,
        statement__status=StatementStatus.SETTLED,
        kind=LineKind.FEE,
        fee__kind=FeeKind.UPFRONT,
    )
    return lines.values_list("statement__agreement__deal_id", _fact(UPFRONT_FEE_PAID))


def _paid_statements(deal_ids: DealIds, today: dt.date) -> FactRows:
    """Find first statements of agreements that are settled."""
    settled = Statement.objects.filter(agreement__deal_id__in=deal_ids, status=StatementStatus.SETTLED, number=1)
    return settled.values_list("agreement__deal_id", _fact(FIRST_STATEMENT_PAID))
