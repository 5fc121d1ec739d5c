"""Creating, changing, signing and ending agreements; two people at once."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.agreement_edits import AmendmentNeededError
from royalties.domain.agreements import (
    UnsignableError,
    change_agreement,
    create_agreement,
    delete_agreement,
    expire_agreement,
    sign_agreement,
    terminate_agreement,
)
from royalties.domain.contradictions import ContradictionError
from royalties.domain.terms import TierStep, add_term
from royalties.enums import AgreementStatus, Basis
from royalties.models import Agreement
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import TODAY, DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    IssuedStatementFactory,
    LicensorFactory,
    RoyaltyTermFactory,
)

DAY = dt.date(2026, 1, 1)


@pytest.fixture
def finance(db):
    return UserFactory(role=Role.FINANCE)


def created(by, deal=None, plants=(), **values):
    facts = {
        "title": "Licence",
        "licensor": LicensorFactory(),
        "licensee": CompanyFactory(),
        "currency": "USD",
        "effective_on": DAY,
    }
    return create_agreement(deal=deal or DealFactory(), values=facts | values, plants=plants, by=by)


def test_agreements_of_a_deal_are_numbered(finance):
    deal, plant = DealFactory(), PlantFactory()

    first, second = created(finance, deal, [plant]), created(finance, deal)

    assert [first.number, second.number] == [1, 2]
    assert (first.status, list(first.plants.all())) == (AgreementStatus.DRAFT, [plant])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"contract_year_start": "02-30"}, "contract_year_start"),
        ({"contract_year_start": "04-31"}, "contract_year_start"),
        ({"expires_on": dt.date(2025, 12, 31)}, "expires_on"),
        ({"expires_on": dt.date(2030, 1, 1), "notice_on": dt.date(2030, 1, 2)}, "notice_on"),
        ({"is_grossed_up": True, "withholding_percent": Decimal(100)}, "is_grossed_up"),
        ({"title": "\u200b"}, "title"),
        ({"advance": Decimal("0.001")}, "advance"),
    ],
)
def test_contradicting_facts_are_refused_at_their_field(finance, values, field):
    with pytest.raises(DomainError) as error:
        created(finance, **values)
    assert error.value.field == field
    agreement = created(finance)
    with pytest.raises(DomainError) as error:
        change_agreement(agreement=agreement, values=values, by=finance)
    assert error.value.field == field
    assert Agreement.objects.get().version == agreement.version


def test_leap_day_starts_a_contract_year(finance):
    assert created(finance, contract_year_start="02-29").contract_year_start == "02-29"


def test_terms_go_with_the_effective_date_of_a_draft(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    term = RoyaltyTermFactory(agreement=agreement)

    change_agreement(agreement=agreement, values={"effective_on": dt.date(2027, 1, 1)}, by=finance)

    term.refresh_from_db()
    assert term.effective_from == dt.date(2027, 1, 1)


def test_plant_of_a_term_stays_covered(finance):
    plant = PlantFactory()
    agreement = AgreementFactory(plants=[plant])
    RoyaltyTermFactory(agreement=agreement).plants.add(plant)

    with pytest.raises(ContradictionError) as error:
        change_agreement(agreement=agreement, values={}, plants=[PlantFactory()], by=finance)

    assert error.value.field == "plants"
    assert list(agreement.plants.all()) == [plant]


def test_what_contradicted_before_does_not_stop_another_change(finance):
    agreement = AgreementFactory()
    RoyaltyTermFactory.create_batch(2, agreement=agreement)

    assert change_agreement(agreement=agreement, values={"title": "Renamed"}, by=finance).title == "Renamed"


def test_signature_lists_everything_that_is_missing(finance):
    empty = AgreementFactory(status=AgreementStatus.DRAFT, effective_on=None, signed_on=None)
    twice = AgreementFactory(status=AgreementStatus.DRAFT)
    RoyaltyTermFactory.create_batch(2, agreement=twice)

    for agreement, details in ((empty, 2), (twice, 1)):
        with pytest.raises(UnsignableError) as error:
            sign_agreement(agreement=agreement, signed_on=DAY, by=finance)
        assert len(error.value.details) == details
        agreement.refresh_from_db()
        assert agreement.status == AgreementStatus.DRAFT


def test_signature_puts_a_draft_into_force_once(finance):
    agreement = FeeFactory(agreement__status=AgreementStatus.DRAFT).agreement

    signed = sign_agreement(agreement=agreement, signed_on=dt.date(2025, 11, 3), by=finance)

    assert (signed.status, signed.signed_on) == (AgreementStatus.IN_FORCE, dt.date(2025, 11, 3))
    with pytest.raises(DomainError):
        sign_agreement(agreement=agreement, signed_on=DAY, by=finance)
    with pytest.raises(DomainError):
        delete_agreement(agreement=signed, by=finance)


def test_only_who_may_sign_signs_and_ends(finance):
    agreement = FeeFactory(agreement__status=AgreementStatus.DRAFT).agreement
    manager = UserFactory(role=Role.MANAGER)

    with pytest.raises(PermissionRefusedError):
        sign_agreement(agreement=agreement, signed_on=DAY, by=manager)
    with pytest.raises(PermissionRefusedError):
        terminate_agreement(agreement=agreement, ended_on=DAY, by=manager)
    with pytest.raises(PermissionRefusedError):
        created(manager)


def test_draft_is_deleted_with_its_parts(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    first = RoyaltyTermFactory(agreement=agreement, effective_to=dt.date(2026, 6, 30))
    RoyaltyTermFactory(agreement=agreement, effective_from=dt.date(2026, 7, 1), continues=first)

    delete_agreement(agreement=agreement, by=finance)

    assert not Agreement.objects.exists()


def test_agreement_is_terminated_before_its_last_day(finance):
    agreement = AgreementFactory(expires_on=dt.date(2030, 12, 31))

    for day in (dt.date(2031, 1, 1), dt.date(2025, 12, 31)):
        with pytest.raises(DomainError) as error:
            terminate_agreement(agreement=agreement, ended_on=day, by=finance)
        assert error.value.field == "ended_on"
    ended = terminate_agreement(agreement=agreement, ended_on=dt.date(2028, 6, 30), by=finance)

    assert (ended.status, ended.last_day) == (AgreementStatus.TERMINATED, dt.date(2028, 6, 30))
    with pytest.raises(DomainError):
        change_agreement(agreement=agreement, values={"title": "x"}, by=finance)


def test_agreement_expires_after_its_last_day(finance):
    over = AgreementFactory(expires_on=TODAY - dt.timedelta(days=1))
    running = AgreementFactory(expires_on=TODAY)

    assert expire_agreement(agreement=over, today=TODAY, by=finance).status == AgreementStatus.EXPIRED
    with pytest.raises(DomainError):
        expire_agreement(agreement=running, today=TODAY, by=finance)


def test_what_statements_rest_on_changes_by_amendment_only(finance):
    agreement = AgreementFactory()
    IssuedStatementFactory(agreement=agreement)

    with pytest.raises(AmendmentNeededError):
        change_agreement(agreement=agreement, values={"withholding_percent": Decimal(7)}, by=finance)


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_enter_overlapping_terms_at_once():
    finance = UserFactory(role=Role.FINANCE)
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    together, outcomes = threading.Barrier(2), []

    def enter(label):
        try:
            together.wait(timeout=10)
            values = {"label": label, "basis": Basis.ENERGY_SOLD, "effective_from": DAY}
            add_term(agreement=agreement, values=values, tiers=[TierStep(None, Decimal(1))], by=finance)
            outcomes.append("entered")
        except ContradictionError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=[label]) for label in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(outcomes) == ["entered", "refused"]
    assert agreement.terms.count() == 1
