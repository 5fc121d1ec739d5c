"""The forms of the admin save through domain functions: who, how, which version, and what they refuse."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.enums import Role
from accounts.models import User
from companies.models import Company, Contact, SourcedFact
from deals.models import Approval, Deal, Document, Gate, Note, Pipeline, SavedView, Stage, Task
from lrs_tracker.visible_admin import RecordAdmin
from money.models import FxRate
from plants.models import Plant, PlantFact, PlantMilestone, PlantPhase
from reminders.models import ChatEndpoint, ReminderRule
from royalties.models import Licensor
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.lrs_tracker.admin_rows import MAKERS

pytestmark = pytest.mark.django_db

CHANGES = {
    User: {"name": "Renamed"},
    FxRate: {"source": "Renamed"},
    Company: {"name": "Renamed"},
    Contact: {"name": "Renamed"},
    SourcedFact: {"value": "Renamed"},
    Plant: {"name": "Renamed"},
    PlantPhase: {"label": "Renamed"},
    PlantMilestone: {"note": "Renamed"},
    Pipeline: {"name": "Renamed"},
    Stage: {"name": "Renamed"},
    Gate: {"label": "Renamed"},
    Deal: {"title": "Renamed"},
    Task: {"title": "Renamed"},
    Note: {"body": "Renamed"},
    Document: {"audience": "team"},
    Approval: {"authority": "Renamed"},
    SavedView: {"name": "Renamed"},
    Licensor: {"name": "Renamed"},
    ReminderRule: {"name": "Renamed"},
    ChatEndpoint: {"name": "Renamed"},
}
CHANGED = pytest.mark.parametrize(
    ("model", "change"), CHANGES.items(), ids=lambda value: getattr(value, "__name__", "")
)


@pytest.fixture
def staff(client):
    staff = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(staff)
    return staff


def change_url(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def shown(client, row):
    """Return what a browser would send back from the change form of a row, untouched."""
    form = client.get(change_url(row)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    typed = {name: "" if value is None or value is False else value for name, value in values.items()}
    return typed | {"expected_version": form.expected_version}


def test_every_form_that_saves_has_its_domain_function():
    plain = {PlantFact}
    editable = {model for model, shown in admin.site._registry.items() if not isinstance(shown, RecordAdmin)}

    lacking = {model for model in editable if admin.site._registry[model].domain.create is None}

    assert lacking == plain
    assert CHANGES.keys() == {model for model in editable if admin.site._registry[model].domain.change is not None}


@CHANGED
def test_form_sent_back_untouched_writes_nothing(client, staff, model, change):
    row = MAKERS[model](staff)
    form = shown(client, row)
    changes = Change.objects.count()

    response = client.post(change_url(row), form)

    assert (response.status_code, Change.objects.count()) == (302, changes)


@CHANGED
def test_changed_field_is_stored_with_its_author(client, staff, model, change):
    row = MAKERS[model](staff)

    response = client.post(change_url(row), shown(client, row) | change)

    assert response.status_code == 302, response.context["adminform"].form.errors
    [(name, value)] = change.items()
    row.refresh_from_db()
    assert getattr(row, name) == value
    logged = [
        (change.actor, change.channel, change.fields[name][1])
        for change in Change.objects.filter(operation="update", fields__has_key=name)
    ]
    # Saved views are nobody's records.
    assert logged == ([] if model is SavedView else [(staff, "admin", value)])


@pytest.mark.parametrize(
    "model", [Company, Contact, SourcedFact, Plant, PlantPhase, PlantMilestone, FxRate, Deal, Task]
)
def test_form_older_than_the_row_is_refused_once(client, staff, model):
    row = MAKERS[model](staff)
    form = shown(client, row) | CHANGES[model]
    # Plain SQL raises the version too.
    model.objects.filter(pk=row.pk).update(**dict.fromkeys(CHANGES[model], "Other"))

    response = client.post(change_url(row), form)

    assert response.status_code == 200
    refused = response.context["adminform"].form
    assert len(refused.non_field_errors()) == 1
    assert refused.expected_version == str(model.objects.get(pk=row.pk).version)
    assert client.post(change_url(row), form | {"expected_version": refused.expected_version}).status_code == 302


def test_version_that_is_no_number_is_ignored(client, staff):
    row = MAKERS[Company](staff)

    response = client.post(change_url(row), shown(client, row) | {"name": "Renamed", "expected_version": "9" * 40})

    assert response.status_code == 302
