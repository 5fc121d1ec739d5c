"""Creating an agreement of the demonstration desk with its terms, fees and services."""

import datetime as dt
from decimal import Decimal
from typing import Any

from deals.models import Deal
from plants.domain.ramp_curve import add_months
from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone
from royalties.domain.demo.entries import Entry
from royalties.enums import AgreementStatus, EscalatorKind
from royalties.models import Agreement, Cap, Fee, Licensor, Minimum, RoyaltyTerm, ServiceTerm, Tier

_DAY = dt.timedelta(days=1)
_DECIMALS = (
    "advance",
    "withholding_percent",
    "interest_percent",
    "audit_tolerance_percent",
    "amount",
    "rate",
    "included_units",
    "escalator_percent",
    "escalator_cap_percent",
)


def create_licensor() -> Licensor:
    """Create the fictional licensor that signs every agreement of the desk."""
    return Licensor.objects.create(
        name="Kestrel Cell Technologies SE",
        address="Speicherstraße 14\n04103 Leipzig",
        country="DE",
        tax_number="DE 999 999 999",
        bank_details="Fictional Bank\nIBAN DE00 0000 0000 0000 0000 00",
        email="royalties@example.org",
        reporting_currency="EUR",
        invoice_prefix="KCT",
        is_fictional=True,
    )


def create_agreement(entry: Entry, *, deal: Deal, licensor: Licensor, today: dt.date) -> Agreement:
    """Create an agreement in force, on the first of a month in the past; a draft is planned for one to come."""
    plant = Plant.objects.get(name=entry.plant)
    effective_on = add_months(today.replace(day=1), -entry.starts_months_ago)
    expires_on = add_months(effective_on, 12 * entry.years) - _DAY
    agreement = Agreement.objects.create(
        deal=deal,
        number=deal.agreements.count() + 1,
        title=entry.title,
        type=entry.type,
        status=AgreementStatus.DRAFT if entry.is_draft else AgreementStatus.IN_FORCE,
        licensor=licensor,
        licensee=deal.company,
        signed_on=None if entry.is_draft else effective_on - dt.timedelta(days=entry.signed_days_before),
        effective_on=effective_on,
        expires_on=expires_on,
        notice_on=expires_on - dt.timedelta(days=entry.notice_days),
        clauses=entry.clauses,
        **_decimals(entry.rules),
    )
    agreement.plants.add(plant)
    Minimum.objects.bulk_create(
        Minimum(agreement=agreement, contract_year=int(year), amount=Decimal(amount))
        for year, amount in entry.minimums.items()
    )
    Cap.objects.bulk_create(
        Cap(agreement=agreement, contract_year=int(year), amount=Decimal(amount)) for year, amount in entry.caps.items()
    )
    for term in entry.terms:
        _create_term(agreement, plant, dict(term))
    for fee in entry.fees:
        about_plant = {"plant": plant} if fee["trigger"] == "milestone" else {}
        Fee.objects.create(agreement=agreement, **about_plant, **_decimals(fee))
    ServiceTerm.objects.bulk_create(ServiceTerm(agreement=agreement, **_decimals(row)) for row in entry.services)
    return agreement


def _create_term(agreement: Agreement, plant: Plant, row: dict[str, Any]) -> None:
    tiers = row.pop("tiers")
    assert agreement.effective_on is not None  # noqa: S101  # just created with one
    starts_on = agreement.effective_on
    if row.pop("starts_with_production", False):
        sop = PlantMilestone.objects.get(plant=plant, kind=MilestoneKind.START_OF_PRODUCTION)
        starts_on = sop.expected_on.replace(day=1) if sop.expected_on else starts_on
    if "escalator_percent" in row:
        row["escalator"] = EscalatorKind.PERCENT
    term = RoyaltyTerm.objects.create(agreement=agreement, effective_from=starts_on, **_decimals(row))
    Tier.objects.bulk_create(
        Tier(term=term, position=position, up_to=up_to and Decimal(up_to), rate=Decimal(rate))
        for position, (up_to, rate) in enumerate(tiers, start=1)
    )


def _decimals(row: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in _DECIMALS else value for name, value in row.items()}
