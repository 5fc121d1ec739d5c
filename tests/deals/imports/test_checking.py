import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import Role
from companies.models import Company
from deals.domain.imports.problems import FileUnusableError, MapInvalidError
from deals.enums import StageType
from deals.models import Deal, Pipeline
from lrs_tracker.problems import PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory, PipelineFactory, StageFactory
from tests.deals.imports.builders import a_map, counts, csv_file, plan, said, xlsx_file

pytestmark = pytest.mark.django_db

VALUES = {
    "opened": "opened_on",
    "closed": "closed_on",
    "value": "value",
    "currency": "currency",
    "capacity": "capacity_gwh",
    "region": "region",
    "chemistry": "chemistry",
    "scope": "scope",
    "probability": "probability",
    "owner": "owner",
}


def one_value(column: str, text: str, **changes):
    """Plan a file of one row with a value in a column beside the usual ones."""
    field = VALUES.get(column, column)
    more = {} if column in {"id", "company", "title", "stage"} else {"more_columns": {column: field}}
    cells = {"id": "A1", "company": "Acme", "title": "Deal", "stage": "Lost"} | {column: text}
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    return plan(csv_file(quoted, headings=",".join(cells)), a_map(defaults={"currency": "EUR"}, **more, **changes))


def test_check_writes_nothing():
    result = plan(csv_file("A1,Acme,Deal,Won"))
    assert counts(result) == (1, 0, 0, 0)
    assert [Deal.objects.count(), Company.objects.count(), Pipeline.objects.filter(name="Imported").count()] == [0] * 3


@pytest.mark.parametrize(
    ("column", "text", "attribute", "value"),
    [
        ("opened", "2020-02-29", "opened_on", dt.date(2020, 2, 29)),
        ("value", "1,234.50", "annual_royalty", Decimal("1234.50")),
        ("currency", "cny", "currency", "CNY"),
        ("capacity", "12.5", "capacity_gwh", Decimal("12.500")),
        ("region", "Middle East & Africa", "region", "middle_east_africa"),
        ("chemistry", "sodium ion", "chemistry", "sodium_ion"),
        ("scope", "Operation; licence", "scope", ["licence", "operation"]),
        ("probability", "35%", "probability_percent", 35),
        ("title", "مشروع البطارية 🔋 电池", "title", "مشروع البطارية 🔋 电池"),
        ("title", "  two\n lines ", "title", "two lines"),
    ],
)
def test_value_is_read(column, text, attribute, value):
    (new,) = one_value(column, text).new_deals
    assert getattr(new.deal, attribute) == value


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("opened", "31-02-2017"),
        ("opened", "1900-01-01"),
        ("opened", "2100-01-01"),
        ("opened", "01/02/2017"),
        ("opened", "soon"),
        ("opened", "2020\0-01-01"),
        ("value", "-5"),
        ("value", "1,234"),
        ("value", "=1+1"),
        ("value", "9" * 16),
        ("currency", "EURO"),
        ("currency", "ZZZ"),
        ("capacity", "-0.5"),
        ("capacity", "1000.5"),
        ("region", "Mars"),
        ("chemistry", "lead"),
        ("scope", "licence, moon"),
        ("probability", "101"),
        ("probability", "0.5"),
        ("title", "x" * 10_000),
        ("company", "x" * 201),
        ("company", "🔋"),
        ("id", "x" * 201),
        ("title", "a\0b"),
        ("title", "a\x1bb"),
        ("stage", ""),
    ],
)
def test_value_that_cannot_be_used_keeps_its_row_out(column, text):
    result = one_value(column, text)
    assert (counts(result), said(result)) == ((0, 0, 0, 1), [(2, column, "error")])


def test_formula_in_text_is_kept_as_text_and_said():
    result = one_value("title", "=HYPERLINK(1)")
    assert result.new_deals[0].deal.title == "=HYPERLINK(1)"
    assert said(result) == [(2, "title", "warning")]


def test_formula_of_a_workbook_without_result_is_refused():
    result = plan(xlsx_file(("A1", "Acme", "=1+1", "Won")), name="a.xlsx")
    assert said(result) == [(2, "title", "error")]


def test_cells_of_a_workbook_keep_their_kind():
    headings = ("id", "company", "title", "stage", "opened", "capacity")
    content = xlsx_file((17, "Acme", 5.0, "Won", dt.date(2020, 5, 6), 1.234), headings=headings)
    raw_map = a_map(more_columns={"opened": "opened_on", "capacity": "capacity_gwh"})
    (new,) = plan(content, raw_map, name="a.xlsx").new_deals
    assert (new.extras.external_id, new.deal.title) == ("17", "5")
    assert (new.deal.opened_on, new.deal.capacity_gwh) == (dt.date(2020, 5, 6), Decimal("1.234"))


def test_row_with_too_many_values_is_refused():
    assert said(plan(csv_file("A1,Acme,Deal,Won,5"))) == [(2, "", "error")]


def test_repeated_id_is_refused():
    result = plan(csv_file("A1,Acme,Deal,Won", "A1,Acme,Other,Won"))
    assert (counts(result), said(result)) == ((1, 0, 0, 1), [(3, "id", "error")])


def test_rows_without_id_of_the_same_name_are_refused():
    result = plan(csv_file(",Acme,Deal,Won", ",ACME,deal,Won"))
    assert (counts(result)[3], said(result)[-1]) == (1, (3, "", "error"))


def test_row_without_company_gets_the_placeholder():
    result = plan(csv_file("A1,,Deal,Won"))
    company = result.new_deals[0].deal.company
    assert (company.name, company.is_placeholder) == ("Unknown company (crm)", True)
    assert said(result) == [(2, "company", "warning")]


def test_only_what_the_map_names_is_made():
    pipeline = PipelineFactory(name="Imported")
    StageFactory(pipeline=pipeline, name="Won")
    CompanyFactory(name="Acme")
    rows = csv_file(
        "A1,Acme,Deal,Won,",
        "A2,New,Deal,Won,",
        "A3,Acme,Deal,New,",
        "A4,Acme,Deal,Won,Nobody",
        "A5,,Deal,Won,",
        headings="id,company,title,stage,owner",
    )
    result = plan(rows, a_map(create=[], more_columns={"owner": "owner"}))
    assert counts(result) == (1, 0, 0, 4)
    assert said(result) == [
        (3, "company", "error"),
        (4, "stage", "error"),
        (5, "owner", "error"),
        (6, "company", "error"),
    ]


def test_pipeline_that_may_not_be_made_is_refused():
    with pytest.raises(MapInvalidError, match="no pipeline"):
        plan(csv_file("A1,Acme,Deal,Won"), a_map(create=["stage"]))


def test_missing_and_repeated_columns_are_refused():
    with pytest.raises(MapInvalidError, match="no column “title”"):
        plan(csv_file("A1,Acme,Won", headings="id,company,stage"))
    with pytest.raises(MapInvalidError, match="2 columns named “title”"):
        plan(csv_file("A1,Acme,a,b,Won", headings="id,company,title,title,stage"))


def test_stages_of_other_systems_get_a_type_and_an_order():
    rows = [
        f"A{n},Acme,Deal {n},{stage}"
        for n, stage in enumerate(["Closed Won", "Lost", "Engaging", "On hold", "Prospecting"])
    ]
    result = plan(csv_file(*rows))
    assert [(stage.name, stage.type) for stage in result.new_stages] == [
        ("Prospecting", StageType.OPEN),
        ("Engaging", StageType.OPEN),
        ("Closed Won", StageType.DELIVERY),
        ("On hold", StageType.HOLD),
        ("Lost", StageType.LOST),
    ]


def test_company_is_found_by_normalised_name_and_said():
    company = CompanyFactory(name="Acme Corp.")
    result = plan(csv_file("A1,ACME-Corp,Deal,Won"))
    assert (result.new_deals[0].deal.company, said(result)) == (company, [(2, "company", "warning")])


def test_company_in_several_countries_needs_the_country():
    CompanyFactory(name="Acme", country="DE")
    chinese = CompanyFactory(name="Acme", country="CN")
    rows = csv_file("A1,Acme,Deal,Won,", "A2,Acme,Deal,Won,cn", headings="id,company,title,stage,country")
    result = plan(rows, a_map(more_columns={"country": "company_country"}))
    assert said(result) == [(2, "company", "error")]
    assert result.new_deals[0].deal.company == chinese


def test_owner_is_found_by_address_name_or_value():
    users = [UserFactory(name="Ann Lee", email="ann@example.com"), UserFactory(name="Bo"), UserFactory(name="Cy")]
    rows = csv_file(
        "A1,A,D,Won,ANN@example.com", "A2,A,D,Won,bo", "A3,A,D,Won,C.", headings="id,company,title,stage,owner"
    )
    result = plan(rows, a_map(more_columns={"owner": "owner"}, values={"owner": {"C.": "Cy"}}))
    assert [new.deal.owner for new in result.new_deals] == users


def test_owner_of_an_ambiguous_name_is_refused():
    UserFactory.create_batch(2, name="Ann Lee")
    assert said(one_value("owner", "Ann Lee")) == [(2, "owner", "error")]


def test_similar_spellings_are_said():
    result = plan(csv_file("A1,Betatech,GTXPro,Won", "A2,Betatec,GTX Pro,Won"))
    assert counts(result) == (2, 0, 0, 0)
    assert said(result) == [(3, "title", "warning"), (3, "company", "warning")]


def test_deal_of_the_same_names_is_suggested_and_not_merged():
    stage = StageFactory(name="Won", pipeline__name="Imported")
    deal = DealFactory(stage=stage, company=CompanyFactory(name="Acme"), title="Deal One")
    rows = csv_file("A1,Acme,deal-one,Won")
    result = plan(rows)
    assert (counts(result), said(result)) == ((0, 0, 0, 1), [(2, "title", "suggestion")])
    assert result.suggestions == {2: [deal.code]}
    assert counts(plan(rows, a_map(confirm={"2": deal.code}))) == (0, 1, 0, 0)
    assert counts(plan(rows, a_map(confirm={"2": "new"}))) == (1, 0, 0, 0)


def test_deal_without_id_that_is_there_unchanged_needs_no_confirmation():
    stage = StageFactory(name="Won", pipeline__name="Imported")
    DealFactory(stage=stage, company=CompanyFactory(name="Acme"), title="Deal")
    raw_map = a_map(columns={"company": "company", "title": "title", "stage": "stage"})
    assert counts(plan(csv_file("x,Acme,Deal,Won"), raw_map)) == (0, 0, 1, 0)


def test_hidden_deal_is_not_suggested():
    stage = StageFactory(name="Won", pipeline__name="Imported")
    DealFactory(stage=stage, company=CompanyFactory(name="Acme"), title="Deal", is_confidential=True)
    assert counts(plan(csv_file("A1,Acme,Deal,Won"), by=UserFactory())) == (1, 0, 0, 0)


def test_closing_before_opening_is_refused():
    rows = csv_file("A1,Acme,Deal,Lost,2020-05-14,2020-05-13", headings="id,company,title,stage,opened,closed")
    result = plan(rows, a_map(more_columns={"opened": "opened_on", "closed": "closed_on"}))
    assert said(result) == [(2, "", "error")]


def test_closing_date_of_an_open_deal_is_left_out_and_said():
    result = one_value("closed", "2020-05-14", values={"stage": {"Lost": {"to": "Talks", "type": "open"}}})
    assert (result.new_deals[0].deal.closed_on, said(result)) == (None, [(2, "closed", "warning")])


def test_new_deal_entered_its_stage_when_it_closed_and_never_in_the_future():
    assert one_value("closed", "2020-05-14").new_deals[0].deal.entered_stage_at == dt.datetime(
        2020, 5, 14, 12, tzinfo=dt.UTC
    )
    assert one_value("closed", "2090-05-14").new_deals[0].deal.entered_stage_at == NOW
    assert one_value("owner", "Ann").new_deals[0].deal.entered_stage_at == NOW


def test_next_step_without_date_is_left_out_and_said():
    assert said(one_value("next_step", "Call")) == [(2, "next_step", "warning")]


def test_amount_without_currency_is_refused():
    rows = csv_file("A1,Acme,Deal,Won,5", headings="id,company,title,stage,value")
    assert said(plan(rows, a_map(more_columns={"value": "value"}))) == [(2, "value", "error")]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.READ_ONLY])
def test_role_without_the_permission_is_refused(role):
    with pytest.raises(PermissionRefusedError):
        plan(csv_file("A1,Acme,Deal,Won"), by=UserFactory(role=role))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=30), min_size=9, max_size=9), min_size=1, max_size=5))
def test_any_cells_give_rows_in_or_problems_that_can_be_stored(cells):
    headings = ["id", "company", "title", "stage", "opened", "value", "scope", "owner", "contact_email"]
    stream = io.StringIO()
    csv.writer(stream).writerows([headings, *cells])
    more = {name: VALUES.get(name, name) for name in headings[4:]}
    try:
        result = plan(stream.getvalue().encode("utf-8", "replace"), a_map(more_columns=more, encoding="utf-8"))
    except FileUnusableError:
        return
    report = result.report()
    assert sum(counts(report)) == report["rows"]
    assert not any("\0" in problem["message"] for problem in report["problems"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\u200b\u200b", "These characters are invisible. Write something that can be seen."),
        ("safe\u202egnp", "Remove the hidden characters that change the direction of the text."),
    ],
)
@pytest.mark.parametrize("column", ["company", "title", "owner"])
def test_name_that_cannot_be_seen_as_it_is_stored_is_refused_at_its_cell(column, text, message):
    result = one_value(column, text)

    assert counts(result) == (0, 0, 0, 1)
    assert [(problem.row, problem.column) for problem in result.problems if message in problem.message] == [(2, column)]


def test_names_in_arabic_and_hebrew_are_taken():
    assert counts(one_value("company", "شركة البطاريات")) == (1, 0, 0, 0)
    assert counts(one_value("title", "רישיון LFP")) == (1, 0, 0, 0)
