"""Agreements, reports, statements and receivables for tests."""

import datetime as dt
import hashlib
from decimal import Decimal

import factory

from plants.enums import Chemistry
from royalties.enums import AgreementStatus, FieldOfUse, ReportChannel, ReportStatus, StatementStatus
from royalties.models import (
    Agreement,
    Amendment,
    CreditNote,
    Fee,
    Invoice,
    Licensor,
    Payment,
    PriceIndex,
    ProductionReport,
    ReportFiling,
    ReportLink,
    RoyaltyTerm,
    ServiceTerm,
    Statement,
    TermSheet,
    Tier,
)
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.engine.documents import document


class LicensorFactory(factory.django.DjangoModelFactory):
    """A licensor in Germany that reports in euro."""

    class Meta:
        model = Licensor

    name = factory.Sequence(lambda n: f"Licensor {n} GmbH")
    country = "DE"
    reporting_currency = "EUR"
    invoice_prefix = factory.Sequence(lambda n: f"INV{n}")


def sheet_terms(*, term=None, fees=(), sop_fees=(), **agreement):
    """Return the terms of a term sheet; keywords change its agreement, `term` its royalty term."""
    scenario = document(agreement=agreement, term=term or {})
    return {
        "agreement": scenario["agreement"],
        "terms": scenario["terms"],
        "fees": list(fees),
        "sop_fees": list(sop_fees),
    }


class AgreementFactory(factory.django.DjangoModelFactory):
    """An agreement in force since 2026, in US dollars by half-years, without terms."""

    class Meta:
        model = Agreement
        skip_postgeneration_save = True

    deal = factory.SubFactory(DealFactory)
    number = factory.LazyAttribute(lambda agreement: Agreement.objects.filter(deal=agreement.deal).count() + 1)
    title = factory.Sequence(lambda n: f"Licence {n}")
    status = AgreementStatus.IN_FORCE
    licensor = factory.SubFactory(LicensorFactory)
    licensee = factory.SubFactory(CompanyFactory)
    signed_on = dt.date(2025, 12, 1)
    effective_on = dt.date(2026, 1, 1)
    currency = "USD"
    contract_year_start = "01-01"
    reporting_period = "half_year"

    @factory.post_generation
    def plants(self, create, plants, **kwargs):
        """Cover the plants given."""
        if plants:
            self.plants.add(*plants)


class RoyaltyTermFactory(factory.django.DjangoModelFactory):
    """A graduated royalty on energy sold: up to 5 GWh at 2.00, up to 15 GWh at 1.50, above at 1.00."""

    class Meta:
        model = RoyaltyTerm
        skip_postgeneration_save = True

    agreement = factory.SubFactory(AgreementFactory)
    label = factory.Sequence(lambda n: f"Royalty {n}")
    effective_from = dt.date(2026, 1, 1)

    @factory.post_generation
    def tiers(self, create, tiers, **kwargs):
        """Add the tiers given as (up to, rate)."""
        steps = tiers or [("5000000", "2.00"), ("15000000", "1.50"), (None, "1.00")]
        Tier.objects.bulk_create(
            Tier(term=self, position=position, up_to=bound and Decimal(bound), rate=Decimal(rate))
            for position, (bound, rate) in enumerate(steps, start=1)
        )


class FeeFactory(factory.django.DjangoModelFactory):
    """An upfront fee of a million on the agreement's first day."""

    class Meta:
        model = Fee

    agreement = factory.SubFactory(AgreementFactory)
    label = "Upfront fee"
    amount = Decimal(1_000_000)
    due_on = dt.date(2026, 1, 1)


class PriceIndexFactory(factory.django.DjangoModelFactory):
    """A published index without values."""

    class Meta:
        model = PriceIndex

    name = factory.Sequence(lambda n: f"Producer prices {n}")
    source = "Statistical office"


class ServiceTermFactory(factory.django.DjangoModelFactory):
    """Support by the day."""

    class Meta:
        model = ServiceTerm

    agreement = factory.SubFactory(AgreementFactory)
    label = "Ramp support"
    rate = Decimal(2_000)


class AmendmentFactory(factory.django.DjangoModelFactory):
    """An amendment that applies from July 2026."""

    class Meta:
        model = Amendment

    agreement = factory.SubFactory(AgreementFactory)
    number = factory.LazyAttribute(lambda amendment: amendment.agreement.amendments.count() + 1)
    title = factory.Sequence(lambda n: f"Amendment {n}")
    signed_on = dt.date(2026, 6, 1)
    effective_on = dt.date(2026, 7, 1)


class ReportFilingFactory(factory.django.DjangoModelFactory):
    """An accepted filing of the first half of 2026."""

    class Meta:
        model = ReportFiling

    agreement = factory.SubFactory(AgreementFactory)
    period_start = dt.date(2026, 1, 1)
    period_end = dt.date(2026, 6, 30)
    status = ReportStatus.ACCEPTED
    channel = ReportChannel.BROWSER
    submitted_at = NOW
    decided_at = NOW
    decided_by = factory.SubFactory(UserFactory)


class ProductionReportFactory(factory.django.DjangoModelFactory):
    """An accepted line: 9 GWh sold in March 2026."""

    class Meta:
        model = ProductionReport

    filing = factory.SubFactory(ReportFilingFactory)
    agreement = factory.SelfAttribute("filing.agreement")
    plant = factory.SubFactory(PlantFactory)
    month = dt.date(2026, 3, 1)
    chemistry = Chemistry.LFP
    field = FieldOfUse.EV
    status = ReportStatus.ACCEPTED
    energy_produced_kwh = Decimal(9_100_000)
    energy_sold_kwh = Decimal(9_000_000)
    currency = "USD"
    accepted_on = NOW.date()


class ReportLinkFactory(factory.django.DjangoModelFactory):
    """A link for the first half of 2026 that holds for a month; its token is `token`."""

    class Meta:
        model = ReportLink

    class Params:
        token = "secret"

    agreement = factory.SubFactory(AgreementFactory)
    period_start = dt.date(2026, 1, 1)
    period_end = dt.date(2026, 6, 30)
    token_hash = factory.LazyAttribute(lambda link: hashlib.sha256(link.token.encode()).hexdigest())
    expires_at = NOW + dt.timedelta(days=30)


class StatementFactory(factory.django.DjangoModelFactory):
    """A draft of the first half of 2026 without lines."""

    class Meta:
        model = Statement

    agreement = factory.SubFactory(AgreementFactory)
    period_start = dt.date(2026, 1, 1)
    period_end = dt.date(2026, 6, 30)
    currency = factory.SelfAttribute("agreement.currency")
    calculated_at = NOW


class IssuedStatementFactory(StatementFactory):
    """The agreement's next statement, issued, of a payable of a million."""

    number = factory.LazyAttribute(
        lambda statement: Statement.objects.filter(agreement=statement.agreement, number__isnull=False).count() + 1
    )
    status = StatementStatus.ISSUED
    earned = Decimal(1_000_000)
    payable = Decimal(1_000_000)
    due_on = dt.date(2026, 8, 14)
    issued_on = dt.date(2026, 7, 10)
    issued_at = NOW
    issued_by = factory.SubFactory(UserFactory)


class InvoiceFactory(factory.django.DjangoModelFactory):
    """The invoice of an issued statement of a million."""

    class Meta:
        model = Invoice

    statement = factory.SubFactory(IssuedStatementFactory)
    agreement = factory.SelfAttribute("statement.agreement")
    licensor = factory.SelfAttribute("agreement.licensor")
    number = factory.LazyAttribute(lambda invoice: Invoice.objects.filter(licensor=invoice.licensor).count() + 1)
    issued_on = dt.date(2026, 7, 10)
    due_on = dt.date(2026, 8, 14)
    currency = factory.SelfAttribute("agreement.currency")
    amount = factory.SelfAttribute("statement.payable")
    reporting_currency = factory.SelfAttribute("licensor.reporting_currency")


class CreditNoteFactory(factory.django.DjangoModelFactory):
    """A credit note over a thousand, of no statement."""

    class Meta:
        model = CreditNote

    agreement = factory.SubFactory(AgreementFactory)
    licensor = factory.SelfAttribute("agreement.licensor")
    number = factory.LazyAttribute(lambda note: CreditNote.objects.filter(licensor=note.licensor).count() + 1)
    issued_on = dt.date(2026, 7, 10)
    currency = factory.SelfAttribute("agreement.currency")
    amount = Decimal(1_000)
    reason = "Agreed in mail"


class PaymentFactory(factory.django.DjangoModelFactory):
    """A million US dollars that arrived on 14 August 2026."""

    class Meta:
        model = Payment

    licensor = factory.SubFactory(LicensorFactory)
    received_on = dt.date(2026, 8, 14)
    currency = "USD"
    amount = Decimal(1_000_000)


class TermSheetFactory(factory.django.DjangoModelFactory):
    """A version of the terms: the tiers of worked example 1, by half-years from 2026."""

    class Meta:
        model = TermSheet

    deal = factory.SubFactory(DealFactory)
    position = factory.LazyAttribute(lambda sheet: TermSheet.objects.filter(deal=sheet.deal).count() + 1)
    name = factory.Sequence(lambda n: f"Version {n}")
    terms = factory.LazyFunction(lambda: sheet_terms())
