import datetime as dt

import pytest

from accounts.models import User
from companies.models import Contact
from deals.domain.imports.mapping import parse_map
from deals.domain.imports.reading import read_table
from deals.domain.imports.running import run_import
from deals.enums import MoveKind, StageType
from deals.models import Deal, DealContact, ImportBatch, Note, StageTransition, Task
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, StageFactory
from tests.deals.imports.builders import a_map, counts, csv_file, import_file, said

pytestmark = pytest.mark.django_db

HEADINGS = "id,company,title,stage,owner,value,step,due,note,contact"
RICH_MAP = a_map(
    more_columns={
        "owner": "owner",
        "value": "value",
        "step": "next_step",
        "due": "next_step_on",
        "note": "notes",
        "contact": "contact",
    },
    defaults={"currency": "EUR"},
)
RICH_FILE = csv_file(
    "A1,Acme,One,Talks,Ann Lee,5,Call,2026-12-01,Met in Wolfsburg,Bo Xu",
    "A2,Acme,Two,Won,Ann Lee,,,,,",
    "A3,,Three,Lost,,,,,,",
    headings=HEADINGS,
)


def test_import_makes_everything_that_a_row_says():
    batch, report = import_file(RICH_FILE, RICH_MAP)
    assert counts(report) == (3, 0, 0, 0)
    deal = Deal.objects.get(title="One")
    assert (deal.company.name, deal.stage.name, deal.currency) == ("Acme", "Talks", "EUR")
    assert ExternalRef.objects.get(object_id=deal.pk).external_id == "A1"
    assert (Task.objects.get().title, Task.objects.get().due_on) == ("Call", dt.date(2026, 12, 1))
    assert (Note.objects.get().body, Contact.objects.get().name) == ("Met in Wolfsburg", "Bo Xu")
    assert DealContact.objects.get().deal == deal
    assert batch.transaction_id == Change.objects.latest("pk").transaction_id


def test_new_owner_cannot_log_in():
    import_file(RICH_FILE, RICH_MAP)
    owner = User.objects.get(name="Ann Lee")
    assert (owner.email, owner.is_active, owner.has_usable_password()) == ("ann-lee@imported.invalid", False, False)


def test_every_new_deal_has_its_first_transition():
    import_file(RICH_FILE, RICH_MAP)
    kinds = StageTransition.objects.order_by("deal__title").values_list("from_stage", "to_stage__type", "kind")
    assert list(kinds) == [
        (None, StageType.OPEN, MoveKind.FORWARD),
        (None, StageType.LOST, MoveKind.ASIDE),
        (None, StageType.DELIVERY, MoveKind.FORWARD),
    ]
    assert Deal.objects.get(title="Three").outcome_reason == "Imported from crm without a reason"


def test_ranks_are_distinct_in_the_order_of_the_file():
    import_file(csv_file(*(f"A{n},Acme,Deal {n},Won" for n in range(20))))
    assert list(Deal.objects.order_by("rank").values_list("title", flat=True)) == [f"Deal {n}" for n in range(20)]


def test_import_again_changes_nothing():
    import_file(RICH_FILE, RICH_MAP)
    changes, batches = Change.objects.count(), ImportBatch.objects.count()
    _batch, report = import_file(RICH_FILE, RICH_MAP)
    assert counts(report) == (0, 0, 3, 0)
    assert (Change.objects.count(), ImportBatch.objects.count()) == (changes, batches)
    assert set(Deal.objects.values_list("version", flat=True)) == {1}


def test_import_again_without_ids_changes_nothing():
    raw_map = a_map(columns={"company": "company", "title": "title", "stage": "stage"})
    rows = csv_file("Acme,One,Won", "Acme,Two,Won", ",Three,Lost", headings="company,title,stage")
    import_file(rows, raw_map)
    _batch, report = import_file(rows, raw_map)
    assert counts(report) == (0, 0, 3, 0)


def test_changed_row_changes_its_deal_alone():
    import_file(csv_file("A1,Acme,One,Won", "A2,Acme,Two,Won"))
    _batch, report = import_file(csv_file("A1,Acme,One and a half,Won", "A2,,,Won"))
    assert counts(report) == (0, 1, 1, 0)
    assert list(Deal.objects.order_by("pk").values_list("title", "version")) == [("One and a half", 2), ("Two", 1)]


def test_changed_stage_is_a_move():
    user = UserFactory()
    import_file(csv_file("A1,Acme,One,Talks", "A2,Acme,Two,Lost"))
    _batch, report = import_file(csv_file("A1,Acme,One,Lost"), by=user)
    deal = Deal.objects.get(title="One")
    assert (counts(report), deal.stage.name) == ((0, 1, 0, 0), "Lost")
    move = deal.transitions.order_by("-pk").first()
    assert (move.kind, move.by, move.reason) == (MoveKind.ASIDE, user, "Imported from crm without a reason")


def test_move_past_a_gate_is_refused():
    user = UserFactory()
    import_file(csv_file("A1,Acme,One,Talks", "A2,Acme,Two,Won"))
    GateFactory(stage=Deal.objects.get(title="One").stage, label="NDA signed")
    _batch, report = import_file(csv_file("A1,Acme,One,Won"), by=user)
    assert counts(report) == (0, 0, 0, 1)
    assert "NDA signed" in report["problems"][0]["message"]


def test_move_without_a_person_is_refused():
    import_file(csv_file("A1,Acme,One,Talks", "A2,Acme,Two,Won"))
    _batch, report = import_file(csv_file("A1,Acme,One,Won"))
    assert said(report) == [(2, "", "error")]


def test_hidden_deal_is_neither_changed_nor_named():
    import_file(csv_file("A1,Acme,One,Won"))
    Deal.objects.update(is_confidential=True)
    _batch, report = import_file(csv_file("A1,Acme,Other,Won"), by=UserFactory())
    assert said(report) == [(2, "id", "error")]
    assert "LRS" not in report["problems"][0]["message"]
    assert Deal.objects.get().title == "One"


def test_deal_of_another_pipeline_is_not_taken():
    import_file(csv_file("A1,Acme,One,Won"))
    _batch, report = import_file(csv_file("A1,Acme,One,Won"), a_map(pipeline="Another"))
    assert said(report) == [(2, "", "error")]


def test_confirmed_deal_gets_the_id():
    stage = StageFactory(name="Won", pipeline__name="Imported")
    deal = DealFactory(stage=stage, company=CompanyFactory(name="Acme"), title="Deal")
    import_file(csv_file("A1,Acme,Deal,Won"), a_map(confirm={"2": deal.code}))
    assert ExternalRef.objects.get().object_id == deal.pk
    assert counts(import_file(csv_file("A1,Acme,Deal,Won"))[1]) == (0, 0, 1, 0)


def test_change_log_names_the_channel_and_the_person():
    user = UserFactory()
    before = Change.objects.count()
    import_file(csv_file("A1,Acme,One,Won"), by=user)
    made = Change.objects.order_by("pk")[before:]
    assert {(change.channel, change.actor_id) for change in made} == {("import", user.pk)}
    assert [change.resource for change in made] == [
        "pipeline",
        "stage",
        "company",
        "deal",
        "transition",
        "external-ref",
    ]


def test_progress_is_told():
    told = []
    table = read_table(content=csv_file(*(f"A{n},Acme,Deal {n},Won" for n in range(1200))), name="a.csv")
    batch = ImportBatch(file_name="a.csv")
    run_import(
        batch=batch, table=table, import_map=parse_map(a_map()), by=None, at=NOW, today=TODAY, on_progress=told.append
    )
    assert told == [0, 500, 1000, 1200, 1200]
