"""What happened under an agreement of the demonstration desk: reports, statements, payments, a dispute."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from accounts.models import User
from plants.domain.ramp_curve import add_months, full_output_gwh, ramp_share
from plants.models import Plant, RampScenario
from royalties.domain.allocations import Part, allocate_payment
from royalties.domain.demo.entries import Entry, Reports
from royalties.domain.dunning import record_dunning
from royalties.domain.engine_input import read_agreement
from royalties.domain.interest import charge_interest
from royalties.domain.payments import add_payment
from royalties.domain.statements import dispute_statement, draft_statement, issue_statement
from royalties.engine.calendar import Period
from royalties.engine.fx import MissingRate
from royalties.enums import DunningLevel, ReportChannel, ReportStatus
from royalties.models import Agreement, Invoice, ProductionReport, ReportFiling

_KWH_A_GWH = Decimal(1_000_000)
_CENT = Decimal("0.01")
# Days from a period's end until its report is in, and until its statement goes out.
_REPORT_DAYS, _STATEMENT_DAYS = 12, 18
_DEDUCTIONS = Decimal("0.035")


def tell_history(entry: Entry, *, agreement: Agreement, by: User, at: dt.datetime) -> None:
    """File the reports of every period that is over, and state, invoice and pay them as the entry says.

    The report of the last period is in, perhaps not decided on, and waits for its statement.
    """
    plant = Plant.objects.get(name=entry.plant)
    periods = read_agreement(agreement).calendar.periods(at.date() - dt.timedelta(days=_REPORT_DAYS + 1))
    for period in periods:
        reported_at = _instant(period.ends_on, _REPORT_DAYS, at)
        if entry.reports is not None:
            waits = entry.reports.is_last_waiting and period == periods[-1]
            _file_period(entry.reports, agreement, plant, period, by=by, at=reported_at, waits=waits)
            _restate(entry.reports, agreement, period, by=by, at=reported_at)
        if period != periods[-1] or entry.reports is None:
            _state(entry, agreement, period, by=by, at=_instant(period.ends_on, _STATEMENT_DAYS, at), now=at)
    if entry.unallocated is not None:
        _receive(agreement, entry.unallocated, by=by, now=at)


def _instant(day: dt.date, days: int, at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=days), dt.time(9, 30), tzinfo=at.tzinfo)


def _file_period(
    reports: Reports,
    agreement: Agreement,
    plant: Plant,
    period: Period,
    *,
    by: User,
    at: dt.datetime,
    waits: bool,
) -> None:
    filing = _filing(agreement, period, by=by, at=at, waits=waits)
    month = period.starts_on.replace(day=1)
    ramp = RampScenario.objects.filter(plant=plant).latest("number")
    lines: list[ProductionReport] = []
    while month <= period.ends_on:
        produced = _produced_kwh(plant, ramp, month)
        lines += [
            _line(filing, plant, month, at, produced=produced, reports=reports, sale=sale)
            for sale in reports.sales.items() or [(agreement.currency, (100, "0", reports.field))]
        ]
        month = add_months(month, 1)
    ProductionReport.objects.bulk_create(lines)


def _filing(
    agreement: Agreement, period: Period, *, by: User, at: dt.datetime, note: str = "", waits: bool = False
) -> ReportFiling:
    return ReportFiling.objects.create(
        agreement=agreement,
        period_start=period.starts_on,
        period_end=period.ends_on,
        status=ReportStatus.SUBMITTED if waits else ReportStatus.ACCEPTED,
        channel=ReportChannel.LINK,
        sender=f"Controlling, {agreement.licensee}",
        note=note,
        submitted_at=at - dt.timedelta(days=2),
        decided_at=None if waits else at,
        decided_by=None if waits else by,
    )


def _produced_kwh(plant: Plant, ramp: RampScenario, month: dt.date) -> Decimal:
    """Return what the ramp plans for a month, give or take three percent, the same each time."""
    number = (month.year - ramp.sop_on.year) * 12 + month.month - ramp.sop_on.month
    share = ramp_share(month=Decimal(number) + Decimal("0.5"), months_to_nameplate=ramp.months_to_nameplate)
    full_gwh = full_output_gwh(
        nameplate_gwh=plant.nameplate_gwh or Decimal(0),
        utilisation_percent=ramp.utilisation_percent,
        yield_percent=ramp.yield_percent,
    )
    wiggle = Decimal(random.Random(f"{plant.name}{number}").randint(970, 1030)) / 1000  # noqa: S311  # a demonstration
    return (full_gwh / 12 * share * wiggle * _KWH_A_GWH).quantize(Decimal(1))


def _line(
    filing: ReportFiling,
    plant: Plant,
    month: dt.date,
    at: dt.datetime,
    *,
    produced: Decimal,
    reports: Reports,
    sale: tuple[str, tuple[int, str, str]],
) -> ProductionReport:
    currency, (percent, price, field) = sale
    made = (produced * percent / 100).quantize(Decimal(1))
    sold = (made * reports.sold_percent / 100).quantize(Decimal(1))
    gross = sold * Decimal(price)
    deductions = (gross * _DEDUCTIONS).quantize(_CENT)
    return ProductionReport(
        filing=filing,
        agreement=filing.agreement,
        plant=plant,
        month=month,
        chemistry=reports.chemistry,
        field=field,
        status=filing.status,
        accepted_on=at.date() if filing.decided_at else None,
        energy_produced_kwh=made,
        energy_sold_kwh=sold,
        gross_sales=gross,
        deductions=deductions,
        net_sales=gross - deductions,
        currency=currency,
        is_nil=made == 0,
    )


def _restate(reports: Reports, agreement: Agreement, period: Period, *, by: User, at: dt.datetime) -> None:
    """File a month of an earlier period again, once as many months later as the entry says."""
    restated = reports.restated
    if restated is None or agreement.effective_on is None:
        return
    month = add_months(agreement.effective_on, restated.month)
    again_on = add_months(month, restated.reported_after_months)
    if not period.starts_on <= again_on <= period.ends_on:
        return
    of = read_agreement(agreement).calendar.period_of_month(month)
    assert of is not None  # noqa: S101  # months are counted from the effective date
    note = "The meter of the second line was read again after its calibration."
    filing = _filing(agreement, of, by=by, at=at, note=note)
    for line in ProductionReport.objects.filter(agreement=agreement, month=month, status=ReportStatus.ACCEPTED):
        ProductionReport.objects.filter(pk=line.pk).update(status=ReportStatus.SUPERSEDED)
        line.pk, line.filing, line.number = None, filing, line.number + 1
        line.energy_sold_kwh = (line.energy_sold_kwh * restated.percent / 100).quantize(Decimal(1))
        line.energy_produced_kwh = (line.energy_produced_kwh * restated.percent / 100).quantize(Decimal(1))
        line.accepted_on = at.date()
        line.save(force_insert=True)


def _state(entry: Entry, agreement: Agreement, period: Period, *, by: User, at: dt.datetime, now: dt.datetime) -> None:
    """Issue the statement of a period and pay its invoice; a period without a rate waits as a draft."""
    try:
        draft = draft_statement(agreement=agreement, through=period.ends_on, by=by, at=at)
    except MissingRate:
        return
    statement = issue_statement(statement=draft, by=by, at=at)
    number = statement.number
    disputed = entry.disputed
    if disputed is not None and disputed["statement"] == number:
        dispute_statement(statement=statement, reason=disputed["reason"], by=by, at=at + dt.timedelta(days=9))
        return
    invoice = Invoice.objects.filter(statement=statement).first()
    if invoice is None:
        return
    paid_on = invoice.due_on - dt.timedelta(days=2) + dt.timedelta(days=entry.late_days.get(str(number), 0))
    if paid_on < now.date():
        percent = entry.part_paid_percent.get(str(number), 100)
        _pay(invoice, paid_on, percent=percent, by=by, now=now)
        if percent < 100:
            _remind(invoice, by=by, now=now)


def _pay(invoice: Invoice, paid_on: dt.date, *, percent: int, by: User, now: dt.datetime) -> None:
    values = {
        "licensor": invoice.licensor,
        "payer": invoice.agreement.licensee,
        "payer_name": invoice.agreement.licensee.name.upper(),
        "received_on": paid_on,
        "currency": invoice.currency,
        "amount": (invoice.amount * percent / 100).quantize(_CENT),
        "reference": f"{invoice.licensor.invoice_prefix}-{invoice.number:04d} ROYALTY",
        "bank_reference": f"DEMO{invoice.pk:06d}",
    }
    payment = add_payment(values=values, by=by, today=now.date())
    allocate_payment(payment=payment, parts=[Part(invoice_id=invoice.pk)], by=by)


def _remind(invoice: Invoice, *, by: User, now: dt.datetime) -> None:
    """Remind of an invoice that was paid in part only, and charge interest on the rest."""
    reminded_on = min(invoice.due_on + dt.timedelta(days=10), now.date())
    record_dunning(invoice=invoice, level=DunningLevel.REMINDED, on=reminded_on, by=by, today=now.date())
    charged_through = now.date() - dt.timedelta(days=1)
    if charged_through > invoice.due_on + dt.timedelta(days=invoice.agreement.grace_days):
        charge_interest(invoice=invoice, through=charged_through, by=by, at=now)


def _receive(agreement: Agreement, facts: dict[str, Any], *, by: User, now: dt.datetime) -> None:
    """Enter a payment that nobody has set against an invoice yet."""
    received_on = now.date() - dt.timedelta(days=facts["days_ago"])
    values = {
        "licensor": agreement.licensor,
        "payer": agreement.licensee,
        "payer_name": agreement.licensee.name.upper(),
        "received_on": received_on,
        "currency": agreement.currency,
        "amount": Decimal(facts["amount"]),
        "reference": facts["reference"],
        "bank_reference": f"DEMO{received_on:%y%m%d}",
    }
    add_payment(values=values, by=by, today=now.date())
