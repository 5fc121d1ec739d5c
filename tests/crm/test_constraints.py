"""What the database refuses."""

import pytest
from django.db import IntegrityError

from crm.models import CrmConnection, FieldMapping, RecordState, StageMapping
from tests.crm.factories import (
    ConnectionFactory,
    RecordStateFactory,
    RunFactory,
    StageMappingFactory,
    SuggestionFactory,
    SyncRecordFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "pipedrive"},
        {"name": ""},
        {"sealed_secret": ""},
        {"company_direction": "up"},
        {"contact_direction": "up"},
        {"deal_direction": "up"},
        {"conflict_rule": "coin"},
        {"currency": "eur"},
    ],
)
def test_connection_is_refused(values):
    connection = ConnectionFactory()
    with pytest.raises(IntegrityError):
        CrmConnection.objects.filter(pk=connection.pk).update(**values)


def test_each_kind_of_crm_is_there_once():
    connection = ConnectionFactory()
    with pytest.raises(IntegrityError, match="kind_unique"):
        CrmConnection.objects.create(
            kind="hubspot", name="Again", sealed_secret="x", acting_user=connection.acting_user
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"our_field": "name", "their_field": "other"}, "ours_unique"),
        ({"our_field": "about2", "their_field": "name"}, "theirs_unique"),
        ({"our_field": "", "their_field": "other"}, "our_field_not_blank"),
        ({"our_field": "x", "their_field": ""}, "their_field_not_blank"),
        ({"our_field": "x", "their_field": "y", "resource": "plant"}, "resource_known"),
    ],
)
def test_field_mapping_is_refused(values, name):
    with pytest.raises(IntegrityError, match=name):
        FieldMapping.objects.create(connection=ConnectionFactory(), **{"resource": "company", **values})


def test_stage_mapping_is_refused_twice_or_without_their_stage():
    mapping = StageMappingFactory()
    with pytest.raises(IntegrityError, match="their_stage_not_blank"):
        StageMapping.objects.filter(pk=mapping.pk).update(their_stage="")


def test_stage_stands_for_one_of_theirs():
    mapping = StageMappingFactory()
    with pytest.raises(IntegrityError, match="stage_unique"):
        StageMappingFactory(connection=mapping.connection, stage=mapping.stage)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"external_id": "1"}, "theirs_unique"),
        ({"object_id": 1}, "ours_unique"),
        ({"external_id": ""}, "of_something"),
        ({"external_id": "2", "resource": "plant"}, "resource_known"),
    ],
)
def test_state_of_a_record_is_refused(values, name):
    RecordStateFactory(external_id="1", object_id=1)
    with pytest.raises(IntegrityError, match=name):
        RecordState.objects.create(connection=ConnectionFactory(), **{"resource": "company", **values})


@pytest.mark.parametrize(("field", "value"), [("resource", "plant"), ("likeness", "feeling")])
def test_suggestion_is_refused(field, value):
    suggestion = SuggestionFactory()
    with pytest.raises(IntegrityError):
        type(suggestion).objects.filter(pk=suggestion.pk).update(**{field: value})


def test_pair_is_suggested_once():
    suggestion = SuggestionFactory()
    with pytest.raises(IntegrityError, match="crm_pairsuggestion_unique"):
        SuggestionFactory(object_id=suggestion.object_id, external_id=suggestion.external_id)


@pytest.mark.parametrize(("field", "value"), [("cause", "whim"), ("status", "odd")])
def test_run_is_refused(field, value):
    run = RunFactory()
    with pytest.raises(IntegrityError):
        type(run).objects.filter(pk=run.pk).update(**{field: value})


@pytest.mark.parametrize(("field", "value"), [("resource", "plant"), ("way", "up"), ("outcome", "odd")])
def test_record_of_a_run_is_refused(field, value):
    record = SyncRecordFactory()
    with pytest.raises(IntegrityError):
        type(record).objects.filter(pk=record.pk).update(**{field: value})
