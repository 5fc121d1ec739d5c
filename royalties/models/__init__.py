"""Models of the royalties app."""

from royalties.models.agreements import Agreement, AgreementPlant, Amendment, Cap, Minimum
from royalties.models.parties import Licensor
from royalties.models.receivables import Allocation, BankImport, CreditNote, Invoice, Payment, WithholdingCertificate
from royalties.models.reports import ProductionReport, ReportFiling, ReportLink, ReportMapping
from royalties.models.sandbox import TermSheet
from royalties.models.statements import EarnedLine, Statement, StatementLine
from royalties.models.terms import Fee, PriceIndex, PriceIndexValue, RoyaltyTerm, RoyaltyTermPlant, ServiceTerm, Tier

__all__ = [
    "Agreement",
    "AgreementPlant",
    "Allocation",
    "Amendment",
    "BankImport",
    "Cap",
    "CreditNote",
    "EarnedLine",
    "Fee",
    "Invoice",
    "Licensor",
    "Minimum",
    "Payment",
    "PriceIndex",
    "PriceIndexValue",
    "ProductionReport",
    "ReportFiling",
    "ReportLink",
    "ReportMapping",
    "RoyaltyTerm",
    "RoyaltyTermPlant",
    "ServiceTerm",
    "Statement",
    "StatementLine",
    "TermSheet",
    "Tier",
    "WithholdingCertificate",
]
