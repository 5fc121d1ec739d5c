import datetime as dt

import pytest
from django.urls import reverse

from accounts.enums import Role
from companies.models import Company, Contact, SourcedFact
from lrs_tracker.change_log import change_context
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000
ODD_TEXTS = ["شركة البطاريات", "宁德时代新能源", "Akku 🔋 AG", "<script>alert(1)</script>"]


@pytest.fixture
def bd(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def viewer(client):
    user = UserFactory(role=Role.READ_ONLY)
    client.force_login(user)
    return user


def form_of(company, **changes):
    return {"name": company.name, "kind": company.kind, "version": company.version, **changes}


def writing_addresses():
    company = CompanyFactory()
    contact, fact = ContactFactory(company=company), SourcedFactFactory(company=company)
    return [
        reverse("companies:new"),
        reverse("companies:edit", args=[company.pk]),
        reverse("companies:archive", args=[company.pk]),
        reverse("companies:restore", args=[company.pk]),
        reverse("companies:contact_new", args=[company.pk]),
        reverse("companies:contact_edit", args=[company.pk, contact.pk]),
        reverse("companies:contact_archive", args=[company.pk, contact.pk]),
        reverse("companies:contact_restore", args=[company.pk, contact.pk]),
        reverse("companies:fact_new", args=[company.pk]),
        reverse("companies:fact_edit", args=[company.pk, fact.pk]),
        reverse("companies:fact_delete", args=[company.pk, fact.pk]),
    ]


def test_stranger_is_sent_to_the_sign_in_page(client):
    company = CompanyFactory()

    for address in (reverse("companies:list"), company.get_absolute_url(), *writing_addresses()):
        response = client.get(address) if "archive" not in address else client.post(address)
        assert (
            response.url.startswith("/accounts/login/") if response.status_code == 302 else response.status_code == 405
        )


def test_viewer_reads_every_page_without_controls(client, viewer):
    company = ContactFactory().company
    SourcedFactFactory(company=company)

    pages = [client.get(reverse("companies:list")), client.get(company.get_absolute_url())]

    assert [page.status_code for page in pages] == [200, 200]
    for page in pages:
        assert b"/edit/" not in page.content
        assert b"/new/" not in page.content
        assert b"/archive/" not in page.content


def test_viewer_may_not_write(client, viewer):
    assert [client.post(address).status_code for address in writing_addresses()] == [403] * 11


def test_actions_refuse_get(client, bd):
    company = CompanyFactory()
    contact, fact = ContactFactory(company=company), SourcedFactFactory(company=company)

    answers = [
        client.get(reverse("companies:archive", args=[company.pk])),
        client.get(reverse("companies:restore", args=[company.pk])),
        client.get(reverse("companies:contact_archive", args=[company.pk, contact.pk])),
        client.get(reverse("companies:fact_delete", args=[company.pk, fact.pk])),
        client.post(reverse("companies:list")),
        client.post(company.get_absolute_url()),
    ]

    assert [answer.status_code for answer in answers] == [405] * 6


@pytest.mark.parametrize("pk", [0, 999, 10**30])
def test_missing_company_is_404(client, bd, pk):
    assert client.get(f"/companies/{pk}/").status_code == 404
    assert client.post(f"/companies/{pk}/archive/").status_code == 404


def test_contact_and_fact_of_another_company_are_404(client, bd):
    company, contact, fact = CompanyFactory(), ContactFactory(), SourcedFactFactory()

    assert client.get(reverse("companies:contact_edit", args=[company.pk, contact.pk])).status_code == 404
    assert client.post(reverse("companies:fact_delete", args=[company.pk, fact.pk])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_queries(client, bd, rows, fetch_raise, django_assert_num_queries):
    for _row in range(rows):
        parent = CompanyFactory(country="DE")
        PlantFactory(company=CompanyFactory(parent=parent))
        DealFactory(company=parent)
    client.get(reverse("companies:list"))

    with django_assert_num_queries(9):
        client.get(reverse("companies:list"))
    with django_assert_num_queries(7):
        client.get(reverse("companies:list"), {"q": "Company"})


@pytest.mark.parametrize("rows", [1, 3])
def test_company_page_takes_a_fixed_number_of_queries(client, bd, rows, fetch_raise, django_assert_num_queries):
    company = CompanyFactory(parent=CompanyFactory())
    for _row in range(rows):
        ContactFactory(company=company)
        SourcedFactFactory(company=company)
        PlantFactory(company=company)
        DealFactory(company=company)
        CompanyFactory(parent=company)
    client.get(company.get_absolute_url())

    with django_assert_num_queries(11):
        response = client.get(company.get_absolute_url())

    assert response.status_code == 200


def test_list_shows_a_tree_and_flat_matches_when_searched(client, bd):
    parent = CompanyFactory(name="Hallberg Group")
    CompanyFactory(name="Hallberg Cells", parent=parent)
    CompanyFactory(name="Zeta")

    tree = client.get(reverse("companies:list")).context["branches"]
    found = client.get(reverse("companies:list"), {"q": "cells"}).context["branches"]

    assert [(branch.company.name, branch.depth) for branch in tree] == [
        ("Hallberg Group", 0),
        ("Hallberg Cells", 1),
        ("Zeta", 0),
    ]
    assert [(branch.company.name, branch.depth) for branch in found] == [("Hallberg Cells", 0)]


def test_list_leaves_archived_companies_out_and_their_children_at_the_top(client, bd):
    parent = CompanyFactory(name="Gone", archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    CompanyFactory(name="Left", parent=parent)

    shown = client.get(reverse("companies:list")).context["branches"]
    archived = client.get(reverse("companies:list"), {"archived": "true"}).context["branches"]

    assert [branch.company.name for branch in shown] == ["Left"]
    assert [branch.company.name for branch in archived] == ["Gone"]


def test_list_counts_and_filters_only_deals_that_the_reader_may_see(client, bd):
    secret = DealFactory(is_confidential=True)
    open_deal = DealFactory()

    page = client.get(reverse("companies:list"))
    filtered = client.get(reverse("companies:list"), {"has": "deals"})

    assert page.context["counts"]["deals"] == {open_deal.company_id: 1}
    assert [branch.company for branch in filtered.context["branches"]] == [open_deal.company]
    assert secret.code.encode() not in client.get(secret.company.get_absolute_url()).content
    assert open_deal.code.encode() in client.get(open_deal.company.get_absolute_url()).content


@pytest.mark.parametrize("query", ["?kind=bogus", "?q=%00", f"?q={LONG}", "?page=x", "?sort=evil", "?has=1&country=zz"])
def test_list_answers_nonsense_filters_calmly(client, bd, query):
    CompanyFactory()

    assert client.get(reverse("companies:list") + query).status_code == 200


def test_export_holds_the_filtered_list_safe_from_formulas(client, bd):
    CompanyFactory(name="=1+1 Motors")
    CompanyFactory(name="Other")

    response = client.get(reverse("companies:list"), {"q": "motors", "export": "csv"})

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ['"Company"', '"\'=1+1 Motors"']


def test_create_company_asks_about_similar_names_once(client, bd):
    CompanyFactory(name="Norvik Motors", country="NO")
    data = {"name": "Norvik Motor", "kind": "oem", "country": "SE"}

    asked = client.post(reverse("companies:new"), data)
    confirmed = client.post(reverse("companies:new"), {**data, "is_distinct": "on"})

    assert asked.status_code == 422
    assert "is_distinct" in asked.context["form"].errors
    assert b"Norvik Motors" in asked.content
    assert confirmed.url == Company.objects.get(name="Norvik Motor").get_absolute_url()


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_create_company_takes_any_script_and_shows_it_escaped(client, bd, name):
    response = client.post(reverse("companies:new"), {"name": name, "kind": "oem"}, follow=True)

    assert response.context["company"].name == name
    assert b"<script>alert" not in response.content


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": LONG}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "  "}, "name"),
        ({"kind": "club"}, "kind"),
        ({"country": "XX"}, "country"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"parent": "999999"}, "parent"),
        ({"parent": "9" * 40}, "parent"),
        ({"about": LONG}, "about"),
    ],
)
def test_create_company_names_the_field_that_is_wrong(client, bd, data, field):
    response = client.post(reverse("companies:new"), {"name": "Right", "kind": "oem", **data})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Company.objects.count() == 0


def test_edit_company_refuses_a_cycle_at_the_field(client, bd):
    top = CompanyFactory()
    below = CompanyFactory(parent=top)

    response = client.post(reverse("companies:edit", args=[top.pk]), form_of(top, parent=below.pk))

    assert response.status_code == 422
    assert response.context["form"].errors["parent"] == [
        "A company cannot be its own parent, directly or through others."
    ]


def test_stale_edit_shows_both_versions_and_then_saves_mine(client, bd):
    company = CompanyFactory(name="Before")
    stale = form_of(company, name="Mine")
    Company.objects.update(name="Theirs")

    refused = client.post(reverse("companies:edit", args=[company.pk]), stale)
    form = refused.context["form"]
    saved = client.post(reverse("companies:edit", args=[company.pk]), {**stale, "version": form["version"].value()})

    assert refused.status_code == 422
    assert [(one.stored, one.typed) for one in form.differences] == [("Theirs", "Mine")]
    assert b'value="Mine"' in refused.content
    assert saved.url == company.get_absolute_url()
    company.refresh_from_db()
    assert company.name == "Mine"


def test_dialog_form_answers_with_a_fragment_and_sends_on_when_saved(client, bd):
    company = CompanyFactory()
    address = reverse("companies:edit", args=[company.pk])

    shown = client.get(address, headers={"HX-Request": "true"})
    saved = client.post(address, form_of(company, name="New name"), headers={"HX-Request": "true"})

    assert b"<html" not in shown.content
    assert (saved.status_code, saved["HX-Redirect"]) == (200, company.get_absolute_url())


def test_archive_and_restore_company(client, bd):
    company = CompanyFactory()

    client.post(reverse("companies:archive", args=[company.pk]))
    company.refresh_from_db()
    was_archived = company.archived_at is not None
    client.post(reverse("companies:restore", args=[company.pk]))
    company.refresh_from_db()

    assert (was_archived, company.archived_at) == (True, None)


def test_contact_is_added_changed_and_archived(client, bd):
    company = CompanyFactory()
    client.post(
        reverse("companies:contact_new", args=[company.pk]), {"name": "Dana Ortiz", "email": "dana@example.com"}
    )
    contact = Contact.objects.get()

    client.post(
        reverse("companies:contact_edit", args=[company.pk, contact.pk]),
        {"name": "Dana Ortiz", "job_title": "Sponsor", "version": contact.version},
    )
    client.post(reverse("companies:contact_archive", args=[company.pk, contact.pk]))

    contact.refresh_from_db()
    assert contact.job_title == "Sponsor"
    assert contact.archived_at is not None


def test_contact_address_that_is_taken_is_an_error_in_the_form(client, bd):
    contact = ContactFactory(email="dana@example.com")

    response = client.post(
        reverse("companies:contact_new", args=[contact.company_id]), {"name": "Twin", "email": "DANA@example.com"}
    )

    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == [
        "This company has a contact with this e-mail address already."
    ]


def test_conflicting_facts_stand_side_by_side_with_their_sources(client, bd):
    company = CompanyFactory()
    for value, source in (("35", "Maker"), ("20", "Local press")):
        client.post(
            reverse("companies:fact_new", args=[company.pk]),
            {"metric": "Capacity", "value": value, "unit": "GWh", "source": source, "as_of": "2023-02-13"},
        )

    page = client.get(company.get_absolute_url())

    (group,) = page.context["groups"]
    assert (len(group.facts), group.is_conflict) == (2, True)
    assert b"Conflict" in page.content


@pytest.mark.parametrize("as_of", ["1900-01-01", "2100-01-01", "soon", ""])
def test_fact_with_an_implausible_date_is_an_error_at_the_field(client, bd, as_of):
    company = CompanyFactory()

    response = client.post(
        reverse("companies:fact_new", args=[company.pk]),
        {"metric": "Capacity", "value": "35", "source": "Press", "as_of": as_of},
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["as_of"]


def test_fact_is_changed_and_deleted(client, bd):
    fact = SourcedFactFactory()
    address = [fact.company_id, fact.pk]
    data = {"metric": fact.metric, "value": "36", "source": "Press", "as_of": "2024-01-31", "version": fact.version}

    client.post(reverse("companies:fact_edit", args=address), data)
    fact.refresh_from_db()
    client.post(reverse("companies:fact_delete", args=address))

    assert fact.value == "36"
    assert not SourcedFact.objects.exists()


def test_recent_changes_of_a_command_have_a_sign_instead_of_initials(client, viewer):
    with change_context(actor_id=None, channel="command"):
        company = CompanyFactory()

    page = client.get(company.get_absolute_url()).content.decode()

    entry = page[page.index('id="changes-title"') :]
    assert ("A command" in entry, "#settings" in entry, ">AC<" in entry) == (True, True, False)
