"""Every resource of the royalties app: they are known by being loaded."""

from royalties.api.agreements import Agreements
from royalties.api.receivables import CreditNotes, Invoices, Payments
from royalties.api.reports import ProductionReports
from royalties.api.statements import Statements
from royalties.api.terms import Fees, RoyaltyTerms

__all__ = [
    "Agreements",
    "CreditNotes",
    "Fees",
    "Invoices",
    "Payments",
    "ProductionReports",
    "RoyaltyTerms",
    "Statements",
]
