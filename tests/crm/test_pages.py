"""The pages where administrators connect CRMs, map them, and read what runs did."""

import datetime as dt
import logging
import os
import subprocess
import sys

import pytest
from django.urls import reverse

from accounts.enums import Role
from crm.domain.connections import credentials_of
from crm.domain.mappings import set_stage_mappings
from crm.enums import RunStatus
from crm.models import ConnectionState, CrmConnection, FieldMapping, PairSuggestion, RecordState, StageMapping, SyncRun
from lrs_tracker.problems import DomainError
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.crm.factories import (
    ConnectionFactory,
    RecordStateFactory,
    RunFactory,
    SuggestionFactory,
    SyncRecordFactory,
    make_crm_log,
)
from tests.deals.factories import NOW, StageFactory

pytestmark = pytest.mark.django_db
HOME = "/settings/crm/"
TOKEN = "pat-eu1-very-secret"


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


@pytest.fixture
def sent(monkeypatch):
    """The tasks that were handed to workers, by name."""
    sent = []
    monkeypatch.setattr(
        "celery.app.task.Task.apply_async",
        lambda task, args=None, kwargs=None, **_options: sent.append((task.name, kwargs)),
    )
    return sent


def typed(user, **changed):
    return {
        "name": "HubSpot",
        "secret": TOKEN,
        "acting_user": user.pk,
        "conflict_rule": "newest",
        "company_direction": "both",
        "contact_direction": "in",
        "deal_direction": "off",
        "currency": "eur",
        **changed,
    }


def said(response):
    """What the page said when it was done."""
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("role", [None, *(role for role in Role if role != Role.ADMINISTRATOR)])
def test_pages_are_for_administrators(client, role):
    run = make_crm_log()
    suggestion = PairSuggestion.objects.get()
    if role is not None:
        client.force_login(UserFactory(role=role))
    here = f"{HOME}{run.connection_id}/"
    for method, path in [
        *(("get", path) for path in (HOME, f"{HOME}new/hubspot/", here, f"{here}edit/", f"{here}mapping/")),
        ("get", run.get_absolute_url()),
        *(("post", f"{here}{action}/") for action in ("run", "switch", "remove", "mapping/stages", "mapping/read")),
        ("post", f"{here}mapping/fields/company/"),
        ("post", f"{HOME}suggestions/{suggestion.pk}/"),
    ]:
        assert getattr(client, method)(path).status_code == (302 if role is None else 403), path
    assert CrmConnection.objects.exists()


def test_crm_is_connected_switched_off_with_its_standard_fields(client, admin, sent):
    response = client.post(f"{HOME}new/hubspot/", typed(admin), follow=True)

    connection = CrmConnection.objects.get()
    assert said(response) == ["“HubSpot” is connected, and off. Map the stages, then try a dry run."]
    assert (connection.is_enabled, connection.currency, connection.contact_direction) == (False, "EUR", "in")
    assert credentials_of(connection).secret == TOKEN
    assert FieldMapping.objects.get(resource="contact", our_field="name").their_field == "firstname lastname"
    assert sent == [("crm.read_schema", {"connection_id": connection.pk})]


def test_secret_is_in_no_page_log_change_log_or_admin(client, admin, sent, caplog):
    caplog.set_level(logging.DEBUG)
    refused = client.post(f"{HOME}new/hubspot/", typed(admin, currency="nonsense"))
    client.post(f"{HOME}new/hubspot/", typed(admin))
    connection = CrmConnection.objects.get()
    stale = client.post(f"{HOME}{connection.pk}/edit/", typed(admin, version="0", name="New"))
    # Templates log their whole context for each variable that is not there: minutes for pages of a request without it.
    caplog.set_level(logging.INFO, logger="django.template")
    pages = [refused, stale] + [
        client.get(path)
        for path in (
            HOME,
            connection.get_absolute_url(),
            f"{HOME}{connection.pk}/edit/",
            f"{HOME}{connection.pk}/mapping/",
            reverse("admin:crm_crmconnection_changelist"),
            reverse("admin:crm_crmconnection_change", args=[connection.pk]),
            reverse("admin:crm_crmconnection_history", args=[connection.pk]),
        )
    ]
    assert [page.status_code for page in pages] == [422, 422] + [200] * 7
    everything = "".join(page.content.decode() for page in pages) + caplog.text + str(list(Change.objects.values()))
    assert TOKEN not in everything
    assert connection.sealed_secret not in everything
    assert TOKEN not in repr(credentials_of(connection))


def test_secret_is_kept_when_none_is_typed_and_replaced_by_another(client, admin, sent):
    client.post(f"{HOME}new/hubspot/", typed(admin))
    connection = CrmConnection.objects.get()
    path = f"{HOME}{connection.pk}/edit/"

    client.post(path, typed(admin, secret="", name="Renamed", version=connection.version))
    connection.refresh_from_db()
    assert (connection.name, credentials_of(connection).secret) == ("Renamed", TOKEN)

    client.post(path, typed(admin, secret="another", version=connection.version))
    connection.refresh_from_db()
    assert credentials_of(connection).secret == "another"


def test_secret_sealed_with_another_key_asks_to_be_typed_again(settings):
    connection = ConnectionFactory()
    settings.SECRET_KEY = "another key"
    with pytest.raises(DomainError, match="type the credentials again"):
        credentials_of(connection)


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ("evil.example/", "Write your My Domain, such as acme.my."),
        ("127.0.0.1:8000/x?", "Write your My Domain, such as acme.my."),
        ("https://acme.my.salesforce.com", None),
        ("acme--test.sandbox.my", None),
    ],
)
def test_salesforce_is_named_by_its_domain_and_nothing_else(client, admin, sent, domain, error):
    values = typed(admin, name="Salesforce", domain=domain, consumer_key="3MVG9")
    response = client.post(f"{HOME}new/salesforce/", values)
    if error:
        assert response.context["form"].errors == {"domain": [error]}
        assert not CrmConnection.objects.exists()
    else:
        assert CrmConnection.objects.get().domain == domain.removeprefix("https://").removesuffix(".salesforce.com")


def test_each_crm_is_connected_once(client, admin, sent):
    ConnectionFactory()
    response = client.post(f"{HOME}new/hubspot/", typed(admin))
    assert response.context["form"].non_field_errors() == ["This CRM is connected already."]
    assert client.get(f"{HOME}new/pipedrive/").status_code == 404


def test_connection_shows_what_it_asks_and_keeps_back(client, admin):
    run = make_crm_log()
    company = CompanyFactory(name="Kept Motors")
    RecordStateFactory(connection=run.connection, object_id=company.pk, problem="Their name is longer.")
    StageFactory(name="Nobody's stage")
    page = client.get(run.connection.get_absolute_url()).content.decode()
    for text in ("Aster Motors Ltd", "the same website", "Kept Motors", "Their name is longer.", "Nobody&#x27;s stage"):
        assert text in page


def test_connection_says_that_its_last_run_failed_until_one_goes_well(client, admin):
    failed = RunFactory(is_dry=False, status=RunStatus.FAILED, problem="The token was refused.")
    CrmConnection.objects.update(is_enabled=True)
    pages = (HOME, failed.connection.get_absolute_url())
    ConnectionState.objects.update(last_run_at=failed.ended_at)
    assert ["Failing" in client.get(page).content.decode() for page in pages] == [True, True]
    assert "The token was refused." in client.get(pages[1]).content.decode()

    ConnectionState.objects.update(last_run_at=failed.ended_at + dt.timedelta(minutes=5))
    assert ["Failing" in client.get(page).content.decode() for page in pages] == [False, False]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_many(client, admin, django_assert_num_queries, count, fetch_raise):
    run = RunFactory()
    for number in range(count):
        company = CompanyFactory()
        RecordStateFactory(connection=run.connection, object_id=company.pk)
        SuggestionFactory(connection=run.connection)
        SyncRecordFactory(run=run, label=f"Company {number}")
        RunFactory(connection=run.connection)
    client.get(HOME)
    with django_assert_num_queries(2):
        client.get(HOME)
    with django_assert_num_queries(11):
        client.get(run.connection.get_absolute_url())
    with django_assert_num_queries(5):
        client.get(run.get_absolute_url())


def test_fields_are_mapped_and_everything_is_compared_anew(client, admin):
    connection = ConnectionFactory()
    state = connection.state
    state.feed_transaction, state.feed_row, state.marks = 5, 5, {"company": "2026-11-24T09:00:00+00:00"}
    state.save()
    path = f"{HOME}{connection.pk}/mapping/fields/company/"

    client.post(path, {"company-name": "name", "company-website": "", "company-about": "my_notes__c"})

    mapped = dict(connection.field_mappings.filter(resource="company").values_list("our_field", "their_field"))
    assert mapped == {"name": "name", "about": "my_notes__c"}
    state.refresh_from_db()
    assert (state.feed_transaction, state.marks) == (None, {})


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({"company-name": ""}, "name", "This field is required."),
        ({"company-name": "name", "company-about": "x; DROP"}, "about", "“x; DROP” is not the name of a field."),
        (
            {"company-name": "name", "company-about": "name"},
            "about",
            "Their field “name” stands in two places: name and about.",
        ),
        # Salesforce takes names in any case.
        (
            {"company-name": "Name", "company-about": "name"},
            "about",
            "Their field “name” stands in two places: name and about.",
        ),
        (
            {"company-name": "name", "company-about": "notes more"},
            "about",
            "Two fields of theirs can only hold the name of a contact.",
        ),
    ],
)
def test_mapping_that_cannot_be_is_refused_and_nothing_typed_is_lost(client, admin, fields, field, error):
    connection = ConnectionFactory()
    before = list(connection.field_mappings.order_by("pk").values_list("pk", flat=True))
    response = client.post(f"{HOME}{connection.pk}/mapping/fields/company/", fields)
    assert response.status_code == 422
    (form,) = [form for form in response.context["field_forms"] if form.errors]
    assert form.errors == {field: [error]}
    assert form["about"].value() == fields.get("company-about")
    assert list(connection.field_mappings.order_by("pk").values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            {"name": "firstname lastname", "job_title": "lastname"},
            {"job_title": ["Their field “lastname” stands in two places: name and job title."]},
        ),
        (
            {"name": "lastname", "phone": "lastname"},
            {"phone": ["Their field “lastname” stands in two places: name and phone."]},
        ),
        (
            {"name": "lastname lastname"},
            {"name": ["Their field “lastname” stands in two places: name and name."]},
        ),
    ],
)
def test_word_of_a_name_that_stands_for_another_field_too_is_refused(client, admin, fields, error):
    connection = ConnectionFactory()
    before = list(connection.field_mappings.order_by("pk").values_list("pk", flat=True))
    typed_fields = {f"contact-{name}": text for name, text in fields.items()}
    response = client.post(f"{HOME}{connection.pk}/mapping/fields/contact/", typed_fields)
    assert response.status_code == 422
    assert [form.errors for form in response.context["field_forms"] if form.errors] == [error]
    assert list(connection.field_mappings.order_by("pk").values_list("pk", flat=True)) == before


def test_mapping_of_an_archived_stage_is_shown_and_kept(client, admin):
    connection, used = ConnectionFactory(), StageFactory(name="Term sheet")
    archived = StageFactory(name="Old", pipeline=used.pipeline, archived_at=NOW)
    unmapped = StageFactory(name="Never mapped", pipeline=used.pipeline, archived_at=NOW)
    StageMapping.objects.create(connection=connection, stage=archived, their_stage="default:closedlost")
    path = f"{HOME}{connection.pk}/mapping/"

    form = client.get(path).context["stages_form"]
    assert [str(field.label) for field in form] == ["Term sheet", "Old (archived)"]
    assert f"stage-{unmapped.pk}" not in form.fields
    chosen = {f"stage-{used.pk}": "default:closedwon"}
    client.post(f"{path}stages/", chosen | {f"stage-{archived.pk}": form[f"stage-{archived.pk}"].value()})
    kept = {(archived.pk, "default:closedlost"), (used.pk, "default:closedwon")}
    assert set(StageMapping.objects.values_list("stage", "their_stage")) == kept

    # What a call does not name stays too.
    set_stage_mappings(connection=connection, stages={used.pk: ""}, by=admin)
    assert list(StageMapping.objects.values_list("stage", flat=True)) == [archived.pk]
    client.post(f"{path}stages/", {f"stage-{archived.pk}": ""})
    assert not StageMapping.objects.exists()


def test_stages_are_mapped(client, admin):
    connection, stage, other = ConnectionFactory(), StageFactory(), StageFactory()
    StageMapping.objects.create(connection=connection, stage=other, their_stage="default:gone")
    path = f"{HOME}{connection.pk}/mapping/"
    # One that is not offered any more stays until somebody chooses another.
    assert "default:gone" in client.get(path).content.decode()

    client.post(f"{path}stages/", {f"stage-{stage.pk}": "default:closedwon", f"stage-{other.pk}": ""})

    assert list(StageMapping.objects.values_list("stage", "their_stage")) == [(stage.pk, "default:closedwon")]
    assert client.post(f"{path}stages/", {f"stage-{stage.pk}": "default:nonsense"}).status_code == 422


def test_dry_run_is_started_once_and_its_log_is_shown(client, admin, sent):
    connection = ConnectionFactory()
    response = client.post(f"{HOME}{connection.pk}/run/", {"dry": "1"})
    run = SyncRun.objects.get()
    assert (response["Location"], run.is_dry, run.by) == (run.get_absolute_url(), True, admin)
    assert sent == [("crm.run", {"run_id": run.pk})]
    assert "The background worker starts it in a moment." in client.get(run.get_absolute_url()).content.decode()

    again = client.post(f"{HOME}{connection.pk}/run/", {"dry": "0"}, follow=True)
    assert said(again) == ["A run is on its way already."]
    assert SyncRun.objects.count() == 1


def test_progress_loads_the_whole_page_once_the_run_is_over(client, admin):
    run = RunFactory(status="running")
    path = f"{run.get_absolute_url()}?part=progress"
    assert "HX-Refresh" not in client.get(path)
    SyncRun.objects.update(status="done")
    assert client.get(path)["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("", ["Aster Motors", "Larkspur Motors", "LRS-0042 Dunkirk licence", "Vireo", "Aster"]),
        ("?outcome=held", ["LRS-0042 Dunkirk licence"]),
        ("?resource=company&way=out", ["Larkspur Motors", "Vireo"]),
        ("?conflicts=1", ["Larkspur Motors"]),
        ("?q=aster", ["Aster Motors", "Aster"]),
        ("?q=nowhere", []),
    ],
)
def test_log_of_a_run_is_filtered(client, admin, query, labels):
    response = client.get(make_crm_log().get_absolute_url() + query)
    assert [row.record.label for row in response.context["rows"]] == labels


def test_log_says_who_won_a_conflict_by_which_rule(client, admin):
    page = client.get(make_crm_log().get_absolute_url()).content.decode()
    assert "here “Makes cars, and batteries from 2027 on.”, there “Makes trucks.”" in page
    assert "Ours was kept (The newest change wins)" in page


def test_pair_is_decided(client, admin):
    company = CompanyFactory(name="Aster Motors Ltd")
    connection = ConnectionFactory()
    yes = SuggestionFactory(connection=connection, object_id=company.pk, external_id="1")
    other = SuggestionFactory(connection=connection, object_id=company.pk, external_id="2")
    no = SuggestionFactory(connection=connection, object_id=CompanyFactory().pk, external_id="3")

    client.post(f"{HOME}suggestions/{no.pk}/", {"same": "0"})
    client.post(f"{HOME}suggestions/{yes.pk}/", {"same": "1"})

    ref = ExternalRef.objects.get()
    assert (ref.system, ref.object_id, ref.external_id) == ("hubspot", company.pk, "1")
    assert list(PairSuggestion.objects.values_list("pk", "is_refused")) == [(no.pk, True)]
    assert RecordState.objects.filter(needs_retry=True).count() == 4
    assert client.post(f"{HOME}suggestions/{other.pk}/", {"same": "1"}).status_code == 404


def test_pair_with_another_partner_by_now_is_refused_in_words(client, admin):
    company = CompanyFactory()
    suggestion = SuggestionFactory(object_id=company.pk, external_id="1")
    ExternalRef.objects.create(resource="company", object_id=company.pk, system="hubspot", external_id="9")
    response = client.post(f"{HOME}suggestions/{suggestion.pk}/", {"same": "1"}, follow=True)
    assert said(response) == ["One of the two has another partner by now."]


def test_connection_is_switched_and_removed_and_the_pairs_are_forgotten(client, admin):
    connection = make_crm_log().connection
    ExternalRef.objects.create(resource="company", object_id=1, system="hubspot", external_id="1")
    ExternalRef.objects.create(resource="company", object_id=1, system="erp", external_id="1")

    client.post(f"{HOME}{connection.pk}/switch/", {"on": "1"})
    connection.refresh_from_db()
    assert connection.is_enabled
    response = client.post(f"{HOME}{connection.pk}/remove/", follow=True)

    assert said(response)[-1] == "“HubSpot” is removed. The records stay on both sides."
    assert not CrmConnection.objects.exists()
    assert [ref.system for ref in ExternalRef.objects.all()] == ["erp"]


def test_web_processes_never_load_the_client_libraries():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import django, sys; django.setup(); import lrs_tracker.urls, crm.tasks, crm.views.runs;"
                "print(sorted({'hubspot', 'simple_salesforce'} & sys.modules.keys()))"
            ),
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("action", ["run", "switch", "remove", "mapping/stages", "mapping/read"])
def test_actions_refuse_get(client, admin, action):
    assert client.get(f"{HOME}{ConnectionFactory().pk}/{action}/").status_code == 405
