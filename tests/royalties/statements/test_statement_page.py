"""The page of a statement."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from royalties.domain.terms_in_words import terms_in_words
from tests.royalties.factories import PriceIndexFactory
from tests.royalties.statements.desk import FIRST_ISSUE, draft, finance, issue, make_agreement, report

pytestmark = pytest.mark.django_db

BEFORE = FIRST_ISSUE - dt.timedelta(days=10)


def test_page_shows_the_figures_and_every_trace(client):
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    statement = draft(agreement, FIRST_ISSUE)
    client.force_login(finance())
    page = client.get(f"{statement.get_absolute_url()}?traces=all").content.decode()
    for text in ("16,000,000.00", "10,000,000.00", "6,000,000.00", "clause 4.1", "Before you issue", "9,000,000 kWh"):
        assert text in page, text


def text_of(pdf):
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_pdf_says_what_the_page_says(client):
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    statement = issue(agreement, FIRST_ISSUE)
    client.force_login(finance())
    response = client.get(reverse("royalties:statement_pdf", args=[statement.pk]))
    assert "16,000,000.00" in text_of(response.content)


ESCALATED = {"escalator": "percent", "escalator_percent": Decimal(2), "effective_from": dt.date(2024, 1, 1)}
IN_FORCE = "Contract year 3, base rates × 1.0404: up to 5,000,000 kWh at USD 2.0808 / kWh; above that USD 1.5606 / kWh"


def make_third_year(**term):
    """Return the draft of the third contract year's first statement: 9 GWh at rates that rose by 2 % twice."""
    agreement = make_agreement(
        effective_on=dt.date(2024, 1, 1),
        tiers=[("5000000", "2.00"), (None, "1.50")],
        term={**ESCALATED, **term},
    )
    for year in ("2024", "2025"):
        report(agreement, f"{year}-01", through=f"{year}-12", at=BEFORE)
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    for through in ("2024-06-30", "2024-12-31", "2025-06-30", "2025-12-31"):
        issue(agreement, FIRST_ISSUE, through=dt.date.fromisoformat(through))
    return draft(agreement, FIRST_ISSUE)


def test_terms_used_have_the_rates_of_the_contract_year_on_the_page_and_in_the_pdf(client):
    statement = make_third_year()
    client.force_login(finance())

    page = client.get(statement.get_absolute_url()).content.decode()
    pdf = text_of(client.get(reverse("royalties:statement_pdf", args=[statement.pk])).content)

    assert statement.earned == 5_000_000 * Decimal("2.0808") + 4_000_000 * Decimal("1.5606")
    assert IN_FORCE in page
    assert "up to 5,000,000 kWh at USD 2.00 / kWh; above that USD 1.50 / kWh" in page
    assert "rates rise by 2\N{NO-BREAK SPACE}% a contract year" in page
    assert IN_FORCE in pdf


def test_terms_of_a_statement_from_before_factors_were_kept_have_the_rates_too():
    statement = make_third_year(escalator_cap_percent=Decimal(1))
    del statement.terms_used["terms"][0]["escalator"]["factor"]

    assert terms_in_words(statement)[0].in_force.startswith("Contract year 3, base rates × 1.0201: up to")


def test_terms_used_name_the_index_that_rates_follow(client):
    index = PriceIndexFactory(name="Eurostat PPI, batteries")
    for year, value in ((2023, "100"), (2024, "103"), (2025, "105")):
        index.values_by_year.create(year=year, value=value)
    statement = make_third_year(escalator="index", escalator_percent=None, index=index, index_base_year=2023)
    client.force_login(finance())

    page = client.get(statement.get_absolute_url()).content.decode()
    pdf = text_of(client.get(reverse("royalties:statement_pdf", args=[statement.pk])).content)

    assert "rates follow Eurostat PPI, batteries" in page
    assert "rates follow Eurostat PPI, batteries" in pdf


def test_terms_of_a_statement_from_before_names_were_kept_say_that_they_follow_an_index():
    statement = make_third_year()
    statement.terms_used["terms"][0]["escalator"] |= {"kind": "index"}

    assert "rates follow an index" in terms_in_words(statement)[0].text


def test_corrections_of_the_last_statement_are_drafted_without_waiting(client):
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    statement = issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-01", "8", at=FIRST_ISSUE)
    client.force_login(finance())
    url = reverse("royalties:statement_draft", args=[agreement.pk])
    assert "Draft corrections" in client.get(statement.get_absolute_url()).content.decode()
    response = client.post(url, {"through": "2026-06-30"}, follow=True)
    assert response.context["statement"].payable == -1_500_000
    assert client.post(url, {"through": "x"}).status_code == 302
