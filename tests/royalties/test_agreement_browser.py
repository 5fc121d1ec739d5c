"""The tier editor and an agreement's pages in a browser."""

import datetime as dt

import pytest

from accounts.enums import Role
from royalties.enums import AgreementStatus
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    FeeFactory,
    PriceIndexFactory,
    RoyaltyTermFactory,
    ServiceTermFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_tiers_are_typed_with_a_preview_and_stored(open_page, axe):
    finance = UserFactory(role=Role.FINANCE)
    draft = AgreementFactory(status=AgreementStatus.DRAFT)
    page = open_page(finance, f"{draft.get_absolute_url()}?tab=terms")

    page.get_by_role("link", name="Add a term").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Label").fill("Royalty per kWh")
    dialog.get_by_role("button", name="Add a tier").click()
    bounds, rates = dialog.locator("[name=tiers-up_to]"), dialog.locator("[name=tiers-rate]")
    for row, (bound, rate) in enumerate((("5000000", "2.00"), ("15000000", "1.50"), ("", "1.00"))):
        bounds.nth(row).fill(bound)
        rates.nth(row).fill(rate)
    dialog.get_by_text("above 15 GWh at USD 1.00 per kWh").wait_for()
    assert dialog.locator("[data-rows-unit]").first.text_content() == "5 GWh"
    assert axe(page) == []
    dialog.get_by_role("button", name="Add term").click()
    page.get_by_text("“Royalty per kWh” is added.").wait_for()

    assert draft.terms.get().tiers.count() == 3
    page.get_by_role("link", name="Edit Royalty per kWh").click()
    page.get_by_role("dialog").get_by_text("above 15 GWh at USD 1.00 per kWh").wait_for()


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "color_scheme": "dark"}], ids=["light", "dark phone"])
def test_pages_of_an_agreement_are_accessible(open_page, axe, options):
    finance = UserFactory(role=Role.FINANCE)
    plant = PlantFactory()
    agreement = AgreementFactory(plants=[plant], clauses={"minimum": "5.1"}, notice_on=dt.date(2026, 1, 1))
    amendment = AmendmentFactory(agreement=agreement)
    RoyaltyTermFactory(agreement=agreement, introduced_by=amendment, clause="4.1")
    FeeFactory(agreement=agreement)
    ServiceTermFactory(agreement=agreement)
    PriceIndexFactory().values_by_year.create(year=2025, value=100)
    where = agreement.get_absolute_url()
    page = open_page(finance, where, reduced_motion="reduce", **options)
    found = []
    for path in (
        *(f"{where}?tab={tab}" for tab in ("glance", "terms", "fees", "services", "amendments", "timeline")),
        "/royalties/agreements/",
        "/royalties/agreements/new/",
        "/royalties/indices/",
        "/settings/licensors/",
        f"{agreement.deal.get_absolute_url()}?tab=agreements",
        f"{where}minimums/",
    ):
        page.goto(path)
        found += [f"{path}: {violation}" for violation in axe(page)]
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], path
    assert found == []
