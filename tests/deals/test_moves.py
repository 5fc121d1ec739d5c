import ast
import datetime as dt
import itertools
from pathlib import Path

import pytest
from django.conf import settings

from accounts.enums import Role
from deals.domain.moves import GateUnmetError, StaleMoveError, find_deal, move_deal, move_needs
from deals.enums import MOVES, MOVES_WITH_REASON, PATH_TYPES, GateKind, MoveKind, StageType
from deals.models import Deal, DealTeamMember, GateCheck, StageTransition, Waiver
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def stages_of(*types):
    pipeline = PipelineFactory()
    return [StageFactory(pipeline=pipeline, type=kind, position=number) for number, kind in enumerate(types)]


def move(deal, target, **options):
    options = {"by": UserFactory(), "at": NOW + DAY, "today": TODAY, **options}
    return move_deal(deal=deal, target=target, **options)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(StageType, StageType)))
def test_move_between_every_pair_of_types_asks_for_its_reason_and_is_recorded(source, target):
    first, second = stages_of(source, target)
    deal = DealFactory(stage=first)
    kind = MOVES[source, target]

    if kind in MOVES_WITH_REASON:
        with pytest.raises(DomainError) as refusal:
            move(deal, second)
        assert (refusal.value.field, refusal.value.code) == ("reason", "required")
    moved = move(deal, second, reason="Because" if kind in MOVES_WITH_REASON else "", resume_on=TODAY + DAY)

    recorded = StageTransition.objects.get(deal=deal)
    assert moved.stage == second
    assert (recorded.from_stage, recorded.to_stage, recorded.kind) == (first, second, kind)
    assert moved.outcome_reason == ("" if target in PATH_TYPES else "Because")
    assert moved.resume_on == (TODAY + DAY if target == StageType.HOLD else None)
    assert moved.closed_on == (TODAY if target in {StageType.LOST, StageType.ENDED} else None)


def test_move_back_along_the_path_needs_a_reason():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    deal = DealFactory(stage=second)

    assert move_needs(deal=deal, target=first).kind == MoveKind.BACK
    with pytest.raises(DomainError, match="reason"):
        move(deal, first, reason="  ")
    move(deal, first, reason="Sponsor left")

    assert StageTransition.objects.get().reason == "Sponsor left"


@pytest.mark.parametrize(("resume_on", "code"), [(None, "required"), (TODAY - DAY, "invalid")])
def test_move_to_hold_needs_a_date_to_resume_from_today_on(resume_on, code):
    first, hold = stages_of(StageType.OPEN, StageType.HOLD)

    with pytest.raises(DomainError) as refusal:
        move(DealFactory(stage=first), hold, reason="Budget", resume_on=resume_on)

    assert (refusal.value.field, refusal.value.code) == ("resume_on", code)


def test_time_on_hold_does_not_count_as_time_in_stage():
    first, hold = stages_of(StageType.OPEN, StageType.HOLD)
    deal = DealFactory(stage=first, entered_stage_at=NOW - 10 * DAY)

    held = move(deal, hold, reason="Budget", resume_on=TODAY, at=NOW)
    resumed = move(held, first, at=NOW + 30 * DAY)

    assert resumed.entered_stage_at == NOW + 20 * DAY


def test_forward_move_past_unmet_gates_lists_what_is_missing_in_order():
    first, second, third = stages_of(StageType.OPEN, StageType.OPEN, StageType.DELIVERY)
    late = GateFactory(stage=second, label="Term sheet")
    early = GateFactory(stage=first, label="Meeting")
    GateFactory(stage=third, label="Not yet asked")
    met = GateFactory(stage=first, label="Title", kind=GateKind.FIELD, requirement="title", position=1)
    deal = DealFactory(stage=first)

    with pytest.raises(GateUnmetError) as refusal:
        move(deal, third)

    assert [state.gate for state in refusal.value.missing] == [early, late]
    assert met not in [state.gate for state in refusal.value.missing]
    assert Deal.objects.get().stage == first


def test_gate_met_by_a_tick_lets_the_deal_pass():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    gate = GateFactory(stage=first)
    deal = DealFactory(stage=first)
    GateCheck.objects.create(deal=deal, gate=gate, by=deal.owner)

    assert move(deal, second).stage == second


def test_detour_over_hold_is_no_way_around_a_gate():
    first, second, hold = stages_of(StageType.OPEN, StageType.OPEN, StageType.HOLD)
    GateFactory(stage=first)
    deal = move(DealFactory(stage=first), hold, reason="Budget", resume_on=TODAY)

    with pytest.raises(GateUnmetError):
        move(deal, second)


def test_manager_waives_a_gate_with_a_reason_that_is_kept():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    gate = GateFactory(stage=first, label="Fit report")
    manager = UserFactory(role=Role.MANAGER)
    deal = DealFactory(stage=first)

    with pytest.raises(DomainError) as refusal:
        move(deal, second, by=manager, waive=[str(gate.pk)])
    assert (refusal.value.field, refusal.value.code) == ("waiver_reason", "required")
    move(deal, second, by=manager, waive=[str(gate.pk)], waiver_reason="Report follows")

    waiver = Waiver.objects.get()
    assert (waiver.gate, waiver.label, waiver.reason, waiver.by) == (gate, "Fit report", "Report follows", manager)


def test_waiving_one_gate_does_not_waive_another():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    gate = GateFactory(stage=first)
    GateFactory(stage=first)

    with pytest.raises(GateUnmetError):
        move(
            DealFactory(stage=first),
            second,
            by=UserFactory(role=Role.MANAGER),
            waive=[str(gate.pk)],
            waiver_reason="Fine",
        )

    assert Waiver.objects.count() == 0


def test_waiving_is_refused_to_those_who_may_not():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    gate = GateFactory(stage=first)

    with pytest.raises(PermissionRefusedError):
        move(DealFactory(stage=first), second, waive=[str(gate.pk)], waiver_reason="Fine")


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_moving_is_refused_to_roles_that_may_not(role):
    first, second = stages_of(StageType.OPEN, StageType.OPEN)

    with pytest.raises(PermissionRefusedError):
        move(DealFactory(stage=first), second, by=UserFactory(role=role))


def test_move_to_a_stage_of_another_pipeline_or_an_archived_one_is_refused():
    deal = DealFactory()
    archived = StageFactory(pipeline=deal.stage.pipeline, archived_at=NOW)

    for target in (StageFactory(), archived):
        with pytest.raises(DomainError) as refusal:
            move(deal, target)
        assert refusal.value.field == "stage"


def test_second_of_two_people_learns_who_moved_the_deal_and_where_to():
    first, second, third = stages_of(StageType.OPEN, StageType.OPEN, StageType.OPEN)
    deal = DealFactory(stage=first)
    seen = deal.version
    colleague = UserFactory(name="Wei Lin")
    move(deal, second, by=colleague, expected_version=seen)

    with pytest.raises(StaleMoveError) as refusal:
        move(deal, third, expected_version=seen)

    assert str(refusal.value) == f"Wei Lin moved {deal.code} to {second.name}."
    assert Deal.objects.get().stage == second


def test_move_raises_the_version_and_returns_it():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    deal = DealFactory(stage=first)

    moved = move(deal, second, expected_version=deal.version)

    assert moved.version == deal.version + 1 == Deal.objects.get().version


def in_order(stage):
    return list(Deal.objects.filter(stage=stage).order_by("rank", "pk").values_list("title", flat=True))


def test_moved_card_goes_on_top_or_right_below_the_one_named():
    first, second = stages_of(StageType.OPEN, StageType.OPEN)
    a, b, c = (DealFactory(stage=second, title=title) for title in "abc")
    for title, after in (("top", None), ("x", a), ("end", c)):
        move(DealFactory(stage=first, title=title), second, after=after)

    assert in_order(second) == ["top", "a", "x", "b", "c", "end"]
    assert b.stage == second


def test_reordering_a_column_keeps_version_time_in_stage_and_history():
    stage = StageFactory()
    a, _b, c = (DealFactory(stage=stage, title=title) for title in "abc")

    moved = move(a, stage, after=c, expected_version=a.version)

    assert in_order(stage) == ["b", "c", "a"]
    assert (moved.version, moved.entered_stage_at) == (a.version, a.entered_stage_at)
    assert StageTransition.objects.count() == 0


def test_cards_put_between_the_same_two_many_times_keep_their_order():
    stage = StageFactory()
    top, bottom = DealFactory(stage=stage, title="top"), DealFactory(stage=stage, title="bottom")
    for number in range(60):
        move(DealFactory(stage=stage, title=f"{number}"), stage, after=top)
        top.refresh_from_db()

    assert in_order(stage) == ["top", *(f"{number}" for number in reversed(range(60))), bottom.title]


def test_only_the_moves_module_changes_the_stage_of_a_deal():
    """Creating a deal names its stage; after that only `move_deal` may set it."""
    offenders = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            assigns = any(isinstance(t, ast.Attribute) and t.attr in {"stage", "stage_id"} for t in targets)
            updates = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and any(keyword.arg in {"stage", "stage_id"} for keyword in node.keywords)
            )
            if assigns or updates:
                offenders.append(f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}")

    assert offenders == []


def _sources():
    for app in settings.LOCAL_APPS:
        for path in Path(settings.BASE_DIR, app).rglob("*.py"):
            if "migrations" not in path.parts and path.name != "moves.py":
                yield path


@pytest.mark.parametrize(
    ("role", "exists"),
    [(Role.BUSINESS_DEVELOPMENT, False), (Role.MANAGER, True), (Role.READ_ONLY, False), (False, False)],
)
def test_find_deal_keeps_a_confidential_deal_from_those_for_whom_it_does_not_exist(role, exists):
    deal = DealFactory(is_confidential=True)
    stranger = UserFactory(role=role)

    for user in (stranger, deal.owner, stranger):
        found = find_deal(pk=deal.pk, user=user)
        assert found == Deal.objects.visible_to(user).filter(pk=deal.pk).first()
        assert (found is not None) == (exists or user == deal.owner)

    DealTeamMember.objects.create(deal=deal, user=stranger)
    assert find_deal(pk=deal.pk, user=stranger) == Deal.objects.visible_to(stranger).first()
