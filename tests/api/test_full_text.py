"""`q` finds what has every word, in any order and in any of the members that the description names."""

import pytest

from tests.accounts.factories import UserFactory
from tests.api.agreements import fresh_agreement
from tests.api.test_plants import ids
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory, NoteFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import FeeFactory, PaymentFactory

pytestmark = pytest.mark.django_db


def deal():
    return DealFactory(title="Light vans", company=CompanyFactory(name="Larkspur Motors"))


@pytest.mark.parametrize(
    ("name", "make", "found", "not_found"),
    [
        ("deals", deal, "vans larkspur  LIGHT", "vans heavy"),
        ("companies", lambda: CompanyFactory(name="Wei Lin", about="Makes light vans"), "vans lin", "lin heavy"),
        ("contacts", lambda: ContactFactory(name="Wei Lin", job_title="Head of purchasing"), "purchasing wei", "wei x"),
        ("plants", lambda: PlantFactory(name="North works", locality="Erfurt"), "erfurt north", "erfurt south"),
        ("notes", lambda: NoteFactory(body="They asked for the term sheet"), "sheet asked", "sheet refused"),
        ("fees", lambda: FeeFactory(agreement=fresh_agreement(), label="Entry fee"), "fee entry", "fee exit"),
        ("payments", lambda: PaymentFactory(reference="Invoice 7 of May"), "may invoice", "june invoice"),
        ("users", lambda: UserFactory(name="Wei Lin"), "lin wei", "lin wu"),
    ],
)
def test_every_word_is_found_in_any_order(administrator, name, make, found, not_found):
    row = make()

    assert ids(administrator.get(f"{name}?q={found}")) == [row.pk]
    assert ids(administrator.get(f"{name}?q={not_found}")) == []


def test_deal_is_found_by_its_code_among_words(bd):
    one = deal()

    assert ids(bd.get(f"deals?q=larkspur LRS-{one.pk:04}")) == [one.pk]
    assert ids(bd.get(f"deals?q=larkspur LRS-{one.pk + 1:04}")) == []


def test_agreement_is_found_by_the_words_of_its_code(administrator):
    agreement = fresh_agreement()

    assert ids(administrator.get(f"agreements?q=LRS {agreement.deal_id}/{agreement.number}")) == [agreement.pk]
