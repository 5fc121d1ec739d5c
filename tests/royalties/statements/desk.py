"""Agreements with reports of every month, for tests of their statements."""

import datetime as dt
from decimal import Decimal

from accounts.enums import Role
from plants.enums import Chemistry
from royalties.domain.statements import draft_statement, issue_statement
from royalties.engine.calendar import last_day
from royalties.enums import FieldOfUse, ReportStatus
from royalties.models import Agreement, ProductionReport, Statement
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ReportFilingFactory, RoyaltyTermFactory

FIRST_ISSUE = dt.datetime(2026, 8, 1, 9, tzinfo=dt.UTC)
SECOND_ISSUE = dt.datetime(2027, 2, 1, 9, tzinfo=dt.UTC)
THIRD_ISSUE = dt.datetime(2027, 8, 2, 9, tzinfo=dt.UTC)


def make_agreement(*, tiers=None, term=None, **facts) -> Agreement:
    """Return an agreement in force over one plant, with one royalty term."""
    plant = PlantFactory()
    agreement = AgreementFactory(plants=[plant], **facts)
    RoyaltyTermFactory(agreement=agreement, label="Royalty per kWh", clause="4.1", tiers=tiers, **(term or {}))
    return agreement


def report(
    agreement: Agreement, month: str, gwh: str = "0", *, at: dt.datetime, through: str | None = None, **figures
) -> list[ProductionReport]:
    """Accept a report of a month; with `through`, the months after it up to that one are nil."""
    first = dt.date.fromisoformat(f"{month}-01")
    last = dt.date.fromisoformat(f"{through}-01") if through else first
    filing = ReportFilingFactory(
        agreement=agreement,
        period_start=first,
        period_end=last_day(last),
        submitted_at=at,
        decided_at=at,
    )
    lines = [_line(filing, first, Decimal(gwh) * 1_000_000, at, **figures)]
    while first < last:
        first = last_day(first) + dt.timedelta(days=1)
        lines.append(_line(filing, first, Decimal(0), at))
    return lines


def _line(filing, month: dt.date, energy_kwh: Decimal, at: dt.datetime, **figures) -> ProductionReport:
    about = {
        "agreement": filing.agreement,
        "plant": filing.agreement.plants.get(),
        "month": month,
        "chemistry": Chemistry.LFP,
        "field": FieldOfUse.EV,
    }
    former = ProductionReport.objects.filter(**about).order_by("-number").first()
    ProductionReport.objects.filter(**about, status=ReportStatus.ACCEPTED).update(status=ReportStatus.SUPERSEDED)
    return ProductionReport.objects.create(
        **about,
        filing=filing,
        number=former.number + 1 if former else 1,
        status=ReportStatus.ACCEPTED,
        energy_produced_kwh=energy_kwh,
        energy_sold_kwh=energy_kwh,
        is_nil=not energy_kwh and not figures,
        accepted_on=at.date(),
        **{"currency": filing.agreement.currency, **figures},
    )


def finance():
    """Return someone of finance."""
    return UserFactory(role=Role.FINANCE)


def draft(agreement: Agreement, at: dt.datetime, *, by=None, through=None) -> Statement:
    """Draft the next statement."""
    return draft_statement(agreement=agreement, through=through, by=by or finance(), at=at)


def issue(agreement: Agreement, at: dt.datetime, *, by=None, through=None) -> Statement:
    """Draft and issue the next statement."""
    by = by or finance()
    statement = draft(agreement, at, by=by, through=through)
    return issue_statement(statement=statement, expected_version=statement.version, by=by, at=at)
