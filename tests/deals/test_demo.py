import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import User
from companies.models import Company, SourcedFact
from deals.domain.gates import gate_states
from deals.enums import StageType
from deals.models import Deal, Document, Gate, GateCheck, Stage, Waiver
from plants.models import Plant
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("demo_desk")
def test_demo_has_people_of_every_role_and_deals_on_every_stage_of_the_path():
    assert set(User.objects.values_list("groups__name", flat=True)) == set(Role.values)
    assert all(user.check_password("demo") for user in User.objects.all())
    path = Stage.objects.filter(type__in=[StageType.OPEN, StageType.DELIVERY, StageType.EARNING])
    assert set(path.values_list("name", flat=True)) == set(
        Deal.objects.filter(stage__in=path).values_list("stage__name", flat=True)
    )


@pytest.mark.usefixtures("demo_desk")
def test_demo_gives_real_companies_facts_only():
    real = Company.objects.filter(is_fictional=False)
    assert real.exists()
    assert not Deal.objects.filter(company__in=real).exists()
    assert not real.filter(contacts__isnull=False).exists()
    assert not Plant.objects.filter(company__in=real, milestones__isnull=False).exists()
    assert not SourcedFact.objects.filter(source="").exists()


@pytest.mark.usefixtures("demo_desk")
def test_demo_keeps_both_of_two_facts_that_contradict():
    plant = Plant.objects.get(name="BlueOval Battery Park Michigan")
    capacities = plant.facts.filter(metric="nameplate capacity").order_by("as_of").values_list("value", flat=True)
    assert list(capacities) == ["35", "20"]


@pytest.mark.usefixtures("demo_desk")
def test_demo_deals_have_met_the_gates_that_they_passed():
    waived = set(Waiver.objects.values_list("deal_id", "gate_id"))
    for deal in Deal.objects.exclude(stage__type__in=[StageType.HOLD, StageType.LOST, StageType.ENDED]).select_related(
        "stage"
    ):
        passed = Gate.objects.filter(stage__pipeline=deal.stage.pipeline_id, stage__position__lt=deal.stage.position)
        states = gate_states(deal=deal, gates=passed.select_related("stage"), today=TODAY)
        unmet = {(deal.pk, state.gate.pk) for state in states if not state.is_met}
        assert unmet <= waived, deal.title


@pytest.mark.usefixtures("demo_desk")
def test_demo_documents_are_real_files():
    for document in Document.objects.all():
        with document.file.open() as file:
            assert file.read().startswith(b"%PDF-")


@pytest.mark.usefixtures("demo_desk")
def test_demo_tells_the_past_on_its_own_dates():
    deal = Deal.objects.get(company__name="Aurelia Kraftwagen")
    first = Change.objects.of("deal", deal.pk).order_by("at", "pk").first()
    assert (first.actor, first.at) == (deal.owner, deal.created_at)


@pytest.mark.usefixtures("demo_desk")
def test_demo_loaded_twice_is_refused_or_does_nothing():
    deals = Deal.objects.count()
    call_command("load_demo", if_empty=True)
    with pytest.raises(CommandError, match="users already"):
        call_command("load_demo")
    assert Deal.objects.count() == deals


def test_demo_is_refused_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        call_command("load_demo")
    UserFactory()
    assert not Deal.objects.exists()


@pytest.mark.usefixtures("demo_desk")
def test_demo_ticks_and_documents_come_before_the_stage_was_left():
    for check in GateCheck.objects.select_related("deal", "gate"):
        left = check.deal.transitions.filter(from_stage=check.gate.stage_id).first()
        assert left is None or check.at < left.at
