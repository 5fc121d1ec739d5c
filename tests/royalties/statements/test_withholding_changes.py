"""A withholding rate that an amendment changes: for the periods that end from its day on, back-dated ones too."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db.models import Sum

from royalties.domain.amendments import change_withholding, record_amendment
from royalties.domain.calculation import calculate_to_date
from royalties.domain.restatement import preview_amendment
from royalties.models import Amendment, StatementLine
from tests.royalties.statements.desk import (
    FIRST_ISSUE,
    SECOND_ISSUE,
    THIRD_ISSUE,
    finance,
    issue,
    make_agreement,
    report,
)

pytestmark = pytest.mark.django_db

MILLION = Decimal(1_000_000)
DAY = dt.timedelta(days=1)
JULY, YEAR_END = dt.date(2026, 7, 1), dt.date(2026, 12, 31)


@pytest.fixture
def agreement():
    """An agreement taxed at 10 %, of which the first half of 2026 is stated."""
    agreement = make_agreement(withholding_percent=Decimal(10))
    report(agreement, "2026-01", "9", through="2026-06", at=FIRST_ISSUE - DAY)
    issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-07", "9", through="2026-12", at=SECOND_ISSUE - DAY)
    return agreement


def amend(agreement, percent, day=JULY, *, at=FIRST_ISSUE + DAY):
    values = {"title": "New treaty", "signed_on": dt.date(2026, 6, 1), "effective_on": day}
    amendment = record_amendment(agreement=agreement, values=values, by=finance())
    Amendment.objects.filter(pk=amendment.pk).update(created_at=at)
    amendment.refresh_from_db()
    return change_withholding(amendment=amendment, percent=Decimal(percent), by=finance())


def taxes(statement):
    lines = statement.lines.filter(kind="withholding").order_by("period_end")
    return {line.period_end: (line.label, line.amount) for line in lines}


def test_period_that_ends_from_the_amendment_s_day_on_is_taxed_at_its_rate(client, agreement):
    amend(agreement, "5")
    second = issue(agreement, SECOND_ISSUE)
    assert taxes(second) == {YEAR_END: ("Withholding tax 5 %".replace(" %", "\N{NO-BREAK SPACE}%"), 600_000)}
    assert (second.withheld, second.payable) == (600_000, 11_400_000)
    assert second.terms_used["withholding_percent"] == "5"
    client.force_login(finance())
    page = client.get(f"{second.get_absolute_url()}?traces=all").content.decode().replace("\N{NO-BREAK SPACE}", " ")
    for text in ("of it at 10 %", "of it at 5 %", "5 %, deducted; 5 % from Wed 1 Jul 2026 on"):
        assert text in page, text


def test_amendment_dated_back_corrects_what_was_withheld(agreement):
    second = issue(agreement, SECOND_ISSUE)
    assert second.withheld == Decimal(1_200_000)
    amend(agreement, "5", at=SECOND_ISSUE + DAY)
    third = issue(agreement, THIRD_ISSUE, through=YEAR_END)
    label = "Correction of H2 2026: Withholding tax 5\N{NO-BREAK SPACE}%"
    assert taxes(third) == {YEAR_END: (label, -600_000)}
    assert third.payable == 600_000


def test_report_of_before_the_change_is_restated_at_the_rate_of_its_period(agreement):
    amend(agreement, "5")
    issue(agreement, SECOND_ISSUE)
    report(agreement, "2026-01", "11", at=SECOND_ISSUE + DAY)
    third = issue(agreement, THIRD_ISSUE, through=YEAR_END)
    # +3.0 M at 10 % for the first half, −1.0 M at 5 % for the second.
    assert [amount for _label, amount in taxes(third).values()] == [300_000, -50_000]


def test_statements_add_up_to_one_calculation_whenever_the_rate_changed(agreement):
    issue(agreement, SECOND_ISSUE)
    amend(agreement, "7.5", dt.date(2026, 6, 30), at=SECOND_ISSUE + DAY)
    report(agreement, "2026-02", "0.333", at=SECOND_ISSUE + DAY)
    issue(agreement, THIRD_ISSUE, through=YEAR_END)
    amend(agreement, "0", at=THIRD_ISSUE + DAY)
    issue(agreement, THIRD_ISSUE + 2 * DAY, through=YEAR_END)
    stated = StatementLine.objects.filter(statement__agreement=agreement).order_by()
    found = {
        (row["kind"], row["period_end"]): row["amount"]
        for row in stated.values("kind", "period_end").annotate(amount=Sum("amount"))
        if row["amount"]
    }
    lines = calculate_to_date(agreement, through=YEAR_END).lines
    assert found == {(str(key.kind), key.period_end): line.amount for key, line in lines.items() if line.amount}


def test_preview_of_another_rate_is_taken_back(agreement):
    preview = preview_amendment(agreement, amend=lambda: amend(agreement, "5"))
    assert preview.change == 600_000
    assert not agreement.amendments.exists()
