"""The workspace of a deal in a real browser; a script error or a broken policy fails every test."""

import re

import pytest
from playwright.sync_api import expect

from deals.enums import GateKind, StageType
from deals.models import Deal, Document, GateCheck, Note
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import SourcedFactFactory
from tests.deals.factories import (
    TODAY,
    ApprovalFactory,
    DealContactFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory, PlantMilestoneFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def maria():
    return UserFactory(name="Maria Falk")


@pytest.fixture
def deal(maria):
    pipeline = PipelineFactory(name="LRS licensing")
    stages = [StageFactory(pipeline=pipeline, name=name, rot_days=60) for name in ("Clearance", "Term sheet", "Signed")]
    StageFactory(pipeline=pipeline, name="On hold", type=StageType.HOLD)
    GateFactory(stage=stages[0], label="Technology classified", help="The authority asks for it item by item.")
    GateFactory(stage=stages[0], label="Region known", kind=GateKind.FIELD, requirement="region", position=1)
    return DealFactory(
        owner=maria, stage=stages[0], title="LFP", capacity_gwh=35, annual_royalty=31_500_000, currency="USD"
    )


def test_a_fact_is_edited_where_it_stands(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())

    page.locator("#field-capacity_gwh a").click()
    field = page.locator("#field-capacity_gwh input[name=capacity_gwh]")
    expect(field).to_be_focused()
    field.fill("40.5")
    field.press("Enter")

    expect(page.locator("#field-capacity_gwh")).to_contain_text("40.5 GWh/yr")
    expect(page.locator(".page-header-aside")).to_contain_text("40.5")
    expect(page.locator(".timeline")).to_contain_text("35 → 40.5")
    expect(page.locator("#field-capacity_gwh a")).to_be_focused()


def test_escape_leaves_a_fact_as_it_was(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())

    page.locator("#field-title a").click()
    page.locator("#field-title input[name=title]").fill("Never")
    page.keyboard.press("Escape")

    expect(page.locator("#field-title form")).to_have_count(0)
    expect(page.locator("#field-title")).to_contain_text("LFP")
    assert Deal.objects.get().title == "LFP"


def test_an_error_stands_beside_the_field_and_nothing_is_lost(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())

    page.locator("#field-capacity_gwh a").click()
    page.locator("#field-capacity_gwh input[name=capacity_gwh]").fill("-5")
    page.locator("#field-capacity_gwh").get_by_role("button", name="Save").click()

    expect(page.locator("#field-capacity_gwh .errorlist")).to_contain_text("greater than or equal to 0")
    expect(page.locator("#field-capacity_gwh input[name=capacity_gwh]")).to_have_value("-5")


def test_a_stale_fact_shows_both_versions(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())
    page.locator("#field-title a").click()
    expect(page.locator("#field-title input[name=title]")).to_be_focused()
    Deal.objects.update(title="Theirs")

    page.locator("#field-title input[name=title]").fill("Mine")
    page.keyboard.press("Enter")

    expect(page.locator("#field-title .notice")).to_contain_text("Theirs")
    expect(page.locator("#field-title input[name=title]")).to_have_value("Mine")
    page.locator("#field-title").get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_contain_text("Mine")


def test_the_checklist_is_worked_off_in_place(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())
    gates = page.locator("#gates")
    expect(gates).to_contain_text("2 of 2 open")

    gates.get_by_role("button", name="Why these?").click()
    expect(gates).to_contain_text("item by item")
    gates.get_by_role("checkbox", name="Technology classified").click()
    expect(gates).to_contain_text("1 of 2 open")
    expect(gates).to_contain_text("by Maria Falk")
    assert GateCheck.objects.get().by == maria

    gates.get_by_role("link", name="Fill in").click()
    gates.get_by_label("region").select_option("europe")
    gates.get_by_role("button", name="Save").click()
    expect(gates).to_contain_text("all met")

    gates.get_by_role("checkbox", name="Technology classified").click()
    expect(gates).to_contain_text("1 of 2 open")


def test_a_note_mentions_a_colleague(open_page, deal, maria):
    wei = UserFactory(name="Wei Lin")
    page = open_page(maria, deal.get_absolute_url())
    area = page.locator("#composer-body")

    area.press_sequentially("Over to @Wei")
    expect(page.get_by_role("option", name="Wei Lin")).to_be_visible()
    area.press("Enter")
    expect(area).to_have_value("Over to @Wei Lin ")
    area.press_sequentially("**please**")
    page.get_by_role("button", name="Add note").click()

    expect(page.locator(".timeline .mention")).to_have_text("@Wei Lin")
    expect(area).to_have_value("")
    assert list(Note.objects.get().mentions.all()) == [wei]


def test_a_refused_note_comes_back_in_a_dialog_with_its_text(open_page, deal, maria):
    UserFactory(name="Ann Stranger")
    Deal.objects.update(is_confidential=True)
    page = open_page(maria, deal.get_absolute_url())

    page.locator("#composer-body").fill("Look @Ann Stranger")
    page.get_by_role("button", name="Add note").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("does not see this confidential deal")
    expect(dialog.get_by_label("text")).to_have_value("Look @Ann Stranger")


def test_a_meeting_is_logged_edited_and_removed(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())

    page.get_by_role("link", name="Log a meeting").first.click()
    page.get_by_role("dialog").get_by_label("text").fill("Met in Turin")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".timeline")).to_contain_text("logged a meeting")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.locator(".entry", has_text="Met in Turin").hover()
    page.locator(".timeline").get_by_role("link", name="Edit").click()
    page.get_by_role("dialog").get_by_label("text").fill("Met in Milan")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".timeline")).to_contain_text("Met in Milan")

    page.locator(".entry", has_text="Met in Milan").hover()
    page.locator(".timeline").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".timeline")).to_contain_text("removed since")


def test_a_document_goes_up_and_comes_down(open_page, deal, maria):
    page = open_page(maria, f"{deal.get_absolute_url()}?tab=documents")

    page.get_by_role("link", name="Upload a document").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("File").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ"})
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog.locator(".errorlist")).to_contain_text("damaged or misnamed")

    pdf = b"%PDF-1.7 signed"
    dialog.get_by_label("File").set_input_files({"name": "nda.pdf", "mimeType": "application/pdf", "buffer": pdf})
    dialog.get_by_label("Title").fill("Signed NDA")
    dialog.get_by_role("button", name="Upload").click()
    expect(page.locator("#tab")).to_contain_text("Signed NDA v1")

    with page.expect_download() as download:
        page.get_by_role("link", name="Signed NDA", exact=True).click()
    assert download.value.suggested_filename == "nda.pdf"
    assert download.value.path().read_bytes() == pdf
    assert Document.objects.get().uploaded_by == maria


def test_the_next_step_is_added_and_done(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())
    card = page.locator("#next-step")

    card.get_by_role("link", name="Add").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("what").fill("Send options")
    dialog.get_by_label("due").fill("2027-01-15")
    dialog.get_by_role("button", name="Add").click()
    expect(card).to_contain_text("Send options")
    expect(page.get_by_role("link", name="Tasks 1")).to_be_visible()

    card.get_by_role("button", name="Done").click()
    expect(card).to_contain_text("None.")


def test_the_tabs_are_addresses(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())

    page.get_by_role("link", name="Contacts").click()
    expect(page).to_have_url(re.compile(r"\?tab=contacts$"))
    expect(page.locator("#tab")).to_contain_text("No contacts yet")
    page.get_by_role("link", name="Add a contact").click()
    page.get_by_role("dialog").get_by_label("Or a new contact named").fill("Dana Ortiz")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("#tab")).to_contain_text("Dana Ortiz")
    page.go_back()
    expect(page.locator("#tab")).to_contain_text("Add note")


def test_a_stage_of_the_path_offers_the_move(open_page, deal, maria):
    Deal.objects.update(region="europe")
    page = open_page(maria, deal.get_absolute_url())
    page.locator("#gates").get_by_role("checkbox", name="Technology classified").click()
    expect(page.locator("#gates")).to_contain_text("all met")

    page.locator(".stage-path").get_by_role("link", name="Term sheet").click()
    page.get_by_role("button", name="Move", exact=True).click()

    expect(page).to_have_url(re.compile(f"{deal.get_absolute_url()}$"))
    expect(page.locator(".stage-path .is-current")).to_contain_text(re.compile(r"Term sheet\s*day 0 of 60"))


def test_the_menu_moves_after_an_edit_on_the_same_page(open_page, deal, maria):
    page = open_page(maria, deal.get_absolute_url())
    page.locator("#field-title a").click()
    page.locator("#field-title input[name=title]").fill("Edited first")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Edited first")

    page.get_by_text("Move to…").first.click()
    page.get_by_role("menuitemradio", name="On hold").click()
    page.get_by_label("Reason").fill("Elections")
    page.get_by_label("Resume on").fill("2027-06-01")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".notice-aside")).to_contain_text("Elections")


def test_someone_who_leaves_a_confidential_team_is_warned_and_sees_it_no_more(open_page, deal, maria):
    member = UserFactory(name="Bo Member")
    deal.team_members.create(user=member)
    Deal.objects.update(is_confidential=True)
    page = open_page(member, deal.get_absolute_url())

    page.get_by_role("button", name="Take Bo Member off the team").click()
    expect(page.get_by_role("dialog")).to_contain_text("You may no longer see this deal")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile(r"/deals/$"))


def test_a_deal_is_created_with_a_new_company(open_page, deal, maria):
    page = open_page(maria, "/deals/new/")

    page.get_by_label("Or a new company named").fill(deal.company.name.upper())
    expect(page.locator("#similar")).to_contain_text(deal.company.name)
    page.get_by_label("Or a new company named").fill("Harbour Cars")
    page.get_by_label("title").fill("First talk")
    page.get_by_role("button", name="Create deal").click()

    expect(page.locator("h1")).to_contain_text("Harbour Cars First talk")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_accessibility_violations(open_page, axe, deal, maria, scheme, viewport):
    NoteFactory(deal=deal, body="See [memo](https://example.com)")
    TaskFactory(deal=deal)
    TaskFactory(deal=deal, due_on=TODAY.replace(year=2020))
    DocumentFactory(deal=deal, expires_on=TODAY)
    ApprovalFactory(deal=deal)
    DealContactFactory(deal=deal)
    milestone = PlantMilestoneFactory(plant=PlantFactory(name="Harlan Ridge"))
    deal.deal_plants.create(plant=milestone.plant)
    SourcedFactFactory(company=deal.company, value="35")
    SourcedFactFactory(company=deal.company, value="20")
    page = open_page(maria, deal.get_absolute_url(), color_scheme=scheme, viewport=viewport)
    found = {}
    for tab in ("timeline", "tasks", "documents", "approvals", "plants", "contacts"):
        page.goto(f"{deal.get_absolute_url()}?tab={tab}")
        found[tab] = axe(page)
    page.locator("#field-scope a").click()
    page.locator("#field-scope form").wait_for()
    found["fact"] = axe(page)
    page.get_by_role("link", name="Add a contact").click()
    page.get_by_role("dialog").wait_for()
    found["dialog"] = axe(page)
    page.goto("/deals/new/")
    found["new"] = axe(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
