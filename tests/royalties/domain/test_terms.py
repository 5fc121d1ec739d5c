"""Entering terms: what is kept, what is refused and where it says so."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain.agreement_edits import AmendmentNeededError
from royalties.domain.contradictions import ContradictionError
from royalties.domain.terms import TierStep, add_term, change_term, remove_term
from royalties.enums import AgreementStatus, Basis
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, IssuedStatementFactory, RoyaltyTermFactory, StatementFactory

pytestmark = pytest.mark.django_db
GWH = Decimal(1_000_000)
TIERS = [TierStep(5 * GWH, Decimal(2)), TierStep(15 * GWH, Decimal("1.5")), TierStep(None, Decimal(1))]


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def draft():
    return AgreementFactory(status=AgreementStatus.DRAFT, expires_on=dt.date(2035, 12, 31))


def entered(agreement, by, *, tiers=TIERS, plants=(), **values):
    facts = {"label": "Royalty", "basis": Basis.ENERGY_SOLD, "effective_from": dt.date(2026, 1, 1)}
    return add_term(agreement=agreement, values=facts | values, tiers=tiers, plants=plants, by=by)


def test_term_is_stored_with_its_tiers_in_order(draft, finance):
    term = entered(draft, finance)

    assert list(term.tiers.order_by("position").values_list("position", "up_to", "rate")) == [
        (1, 5 * GWH, 2),
        (2, 15 * GWH, Decimal("1.5")),
        (3, None, 1),
    ]


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ([], "A term needs at least one tier."),
        ([TierStep(5 * GWH, Decimal(2))], "Tier 1: The last tier must be without a bound."),
        ([TierStep(None, Decimal(2)), TierStep(GWH, Decimal(1))], "Tier 1: Only the last tier is without a bound."),
        ([TierStep(5 * GWH, Decimal(2)), TierStep(GWH, Decimal(1)), TierStep(None, Decimal(1))], "Tier 2: Each tier"),
        ([TierStep(None, Decimal(2)), TierStep(None, Decimal(1))], "Only the last tier has no bound."),
    ],
)
def test_tiers_with_gaps_or_out_of_order_are_refused_at_the_tiers(draft, finance, tiers, message):
    with pytest.raises(DomainError) as error:
        entered(draft, finance, tiers=tiers)

    assert error.value.field == "tiers"
    assert str(error.value).startswith(message)
    assert not draft.terms.exists()


def test_overlap_in_basis_scope_and_time_is_refused_at_the_date(draft, finance):
    first = entered(draft, finance, label="First")

    with pytest.raises(ContradictionError) as error:
        entered(draft, finance, label="Second", effective_from=dt.date(2027, 1, 1))

    assert error.value.field == "effective_from"
    assert "“First”" in str(error.value)
    change_term(term=first, values={"effective_to": dt.date(2026, 12, 31)}, by=finance)
    entered(draft, finance, label="Second", effective_from=dt.date(2027, 1, 1))


def test_terms_of_other_plants_or_bases_do_not_overlap(finance):
    here, there = PlantFactory(), PlantFactory()
    draft = AgreementFactory(status=AgreementStatus.DRAFT, plants=[here, there])

    entered(draft, finance, plants=[here])
    entered(draft, finance, plants=[there])
    entered(draft, finance, basis=Basis.UNITS)

    assert draft.terms.count() == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"effective_from": dt.date(2025, 12, 31)}, "effective_from"),
        ({"effective_from": dt.date(2036, 1, 1)}, "effective_from"),
        ({"effective_to": dt.date(2025, 1, 1)}, "effective_to"),
        ({"label": "\u2066x"}, "label"),
        ({"escalator": "percent"}, "escalator_percent"),
        ({"escalator": "index"}, "index"),
        (
            {
                "escalator": "percent",
                "escalator_percent": Decimal(2),
                "escalator_floor_percent": Decimal(3),
                "escalator_cap_percent": Decimal(1),
            },
            "escalator_cap_percent",
        ),
        ({"basis": Basis.NET_SALES, "tiers": [TierStep(None, Decimal(101))]}, "tiers"),
    ],
)
def test_contradictions_of_a_term_are_told_at_their_field(draft, finance, values, field):
    tiers = values.pop("tiers", TIERS)

    with pytest.raises(DomainError) as error:
        entered(draft, finance, tiers=tiers, **values)

    assert error.value.field == field


def test_plants_and_fields_outside_the_agreement_are_refused(finance):
    draft = AgreementFactory(status=AgreementStatus.DRAFT, fields_of_use=["ev"], plants=[PlantFactory()])

    for plants, values, field in (([PlantFactory()], {}, "plants"), ([], {"fields": ["storage"]}, "fields")):
        with pytest.raises(ContradictionError) as error:
            entered(draft, finance, plants=plants, **values)
        assert error.value.field == field


def test_term_in_force_is_corrected_until_something_is_issued(finance):
    agreement = AgreementFactory()
    term = RoyaltyTermFactory(agreement=agreement)
    StatementFactory(agreement=agreement)

    changed = change_term(term=term, values={"label": "Corrected"}, tiers=TIERS[:1] + TIERS[2:], by=finance)

    assert (changed.label, changed.tiers.count()) == ("Corrected", 2)
    agreement.statements.all().delete()
    IssuedStatementFactory(agreement=agreement)
    with pytest.raises(AmendmentNeededError):
        change_term(term=term, values={"label": "Again"}, by=finance)
    with pytest.raises(AmendmentNeededError):
        remove_term(term=term, by=finance)


def test_change_of_tiers_raises_the_term_s_version(draft, finance):
    term = entered(draft, finance)
    seen = term.version
    change_term(term=term, values={}, tiers=TIERS[2:], expected_version=seen, by=finance)

    with pytest.raises(StaleVersionError):
        change_term(term=term, values={}, tiers=TIERS, expected_version=seen, by=finance)


def test_business_development_enters_no_terms(draft):
    with pytest.raises(PermissionRefusedError):
        entered(draft, UserFactory())
