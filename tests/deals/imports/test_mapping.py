import pytest

from deals.domain.imports.mapping import StageTarget, parse_map
from deals.domain.imports.problems import MapInvalidError
from deals.enums import StageType
from tests.deals.imports.builders import ALL_COLUMNS, SAMPLE_MAP, a_map


def test_map_as_documented_is_read():
    parsed = parse_map(SAMPLE_MAP)
    assert (parsed.system, parsed.pipeline, parsed.dates) == ("maven", "CRM sample", "DD-MM-YYYY")
    assert parsed.columns["close_value"] == "value"
    assert parsed.stages == {"won": StageTarget("Won")}
    assert parsed.create == {"pipeline", "stage", "company", "owner"}


def test_stage_may_have_type_and_probability():
    parsed = parse_map(a_map(values={"stage": {"W": {"to": "Won", "type": "earning", "probability": 90}}}))
    assert parsed.stages == {"w": StageTarget("Won", StageType.EARNING, 90)}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], None),
        ("x", None),
        (a_map(colums={}), None),
        (a_map(columns={"id": "identity"}), "columns.id"),
        (a_map(columns=["id"]), "columns"),
        (a_map(columns={"id": 5}), "columns"),
        (a_map(columns={"id": "external_id"}), "columns"),
        (a_map(columns={"stage": "stage"}), "columns"),
        (a_map(columns=ALL_COLUMNS | {"other": "title"}), "columns"),
        (a_map(system=""), "system"),
        (a_map(system="My CRM"), "system"),
        (a_map(system=5), "system"),
        (a_map(pipeline=" "), "pipeline"),
        (a_map(pipeline="x" * 81), "pipeline"),
        (a_map(pipeline="a\0b"), None),
        (a_map(values={"owner": {"a": "\ud800"}}), None),
        (a_map(dates="DD-MM"), "dates"),
        (a_map(decimal=";"), "decimal"),
        (a_map(encoding="utf-7"), "encoding"),
        (a_map(delimiter="x"), "delimiter"),
        (a_map(create=["deal"]), "create"),
        (a_map(create="company"), "create"),
        (a_map(create=[["company"]]), "create"),
        (a_map(values=[]), "values"),
        (a_map(values={"value": {"a": "b"}}), "values"),
        (a_map(values={"owner": {"a": 5}}), "values.owner.a"),
        (a_map(values={"stage": {"a": {"type": "open"}}}), "values.stage.a"),
        (a_map(values={"stage": {"a": {"to": "A", "kind": "open"}}}), "values.stage.a"),
        (a_map(values={"stage": {"a": {"to": "A", "type": "won"}}}), "values.stage.a.type"),
        (a_map(values={"stage": {"a": {"to": "A", "type": []}}}), "values.stage.a.type"),
        (a_map(values={"stage": {"a": {"to": "A", "probability": True}}}), "values.stage.a.probability"),
        (a_map(defaults={"external_id": "1"}), "defaults"),
        (a_map(confirm={"two": "new"}), "confirm.two"),
        (a_map(confirm={"2": "42"}), "confirm.2"),
    ],
)
def test_wrong_map_is_refused_by_key(raw, field):
    with pytest.raises(MapInvalidError) as refused:
        parse_map(raw)
    assert refused.value.field == field
    assert str(refused.value)
