import io
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from deals.models import Deal, ImportBatch, Stage
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.imports.builders import SAMPLE, SAMPLE_MAP, a_map, csv_file, write_map

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    stdout = io.StringIO()
    call_command("import_deals", *map(str, arguments), stdout=stdout)
    return stdout.getvalue()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "deals.csv").write_bytes(csv_file("A1,Acme,One,Won", "A2,,Two,Won", "A1,Acme,Three,Won"))
    return tmp_path / "deals.csv", "--map", write_map(tmp_path, a_map())


def test_json_holds_counts_and_problems_only(files):
    report = json.loads(run(*files, "--json"))
    assert list(report) == ["rows", "created", "updated", "unchanged", "rejected", "problems"]
    assert [report[name] for name in ("rows", "created", "updated", "unchanged", "rejected")] == [3, 2, 0, 0, 1]
    assert {tuple(problem) for problem in report["problems"]} == {("row", "column", "severity", "message")}


def test_dry_run_says_the_same_and_writes_nothing(files):
    dry = run(*files, "--json", "--dry-run")
    assert Deal.objects.count() == 0
    assert dry == run(*files, "--json")


def test_text_lists_problems_and_counts(files):
    lines = run(*files).splitlines()
    assert "row 4, id: error: The id “A1” is in row 2 already." in lines
    assert lines[-2].startswith("Imported: 3 rows: 2 created, 0 updated, 0 unchanged, 1 rejected.")
    assert lines[-1] == f"To take it back: manage.py undo_import {ImportBatch.objects.get().pk} --user EMAIL"


def test_text_of_an_import_that_changes_nothing_offers_no_undo(files):
    run(*files)
    assert run(*files).splitlines()[-1].startswith("Imported: 3 rows: 0 created, 0 updated, 2 unchanged, 1 rejected.")


def test_user_is_the_actor(files):
    user = UserFactory(email="bd@example.com")
    run(*files, "--user", "BD@example.com")
    assert Change.objects.filter(resource="deal").values_list("actor", flat=True).distinct().get() == user.pk


def test_file_of_no_use_is_one_clear_line(files, tmp_path):
    (tmp_path / "deals.csv").write_bytes(b"")
    with pytest.raises(CommandError, match=r"^The file is empty\.$") as refused:
        run(*files)
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    ("content", "field"),
    [("{", None), ("[]", None), ('{"system": "x"}', "columns"), ("\udcff", None), ("[" * 99999, None)],
)
def test_map_of_no_use_is_an_error_in_json(files, tmp_path, content, field):
    (tmp_path / "map.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    stdout = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_deals", *map(str, files), "--json", stdout=stdout)
    assert stopped.value.code == 1
    error = json.loads(stdout.getvalue())["error"]
    assert (error["code"], bool(error["message"])) == ("map-invalid", True)


@pytest.mark.parametrize("arguments", [["/nowhere.csv", "--map", "/nowhere.json"], ["--user", "nobody@example.com"]])
def test_missing_file_map_or_user_is_one_clear_line(files, arguments):
    with pytest.raises(CommandError):
        run(*(arguments if len(arguments) == 3 else [*files, *arguments]))


def test_sample_export_of_a_crm_comes_in_whole(tmp_path):
    if not SAMPLE.exists():
        pytest.skip("../shared/data/crm_opportunities/sales_pipeline.csv is not beside this copy of the project")
    arguments = (SAMPLE, "--map", write_map(tmp_path, SAMPLE_MAP), "--json")
    first = json.loads(run(*arguments))
    assert [first[name] for name in ("rows", "created", "rejected")] == [8800, 8800, 0]
    severities = Counter((problem["column"], problem["severity"]) for problem in first["problems"])
    assert severities["account", "warning"] == 1425
    assert {severity for _column, severity in severities} == {"warning", "info"}
    stages = Stage.objects.filter(pipeline__name="CRM sample").order_by("position")
    assert [(stage.name, stage.type, stage.deals.count()) for stage in stages] == [
        ("Prospecting", "open", 500),
        ("Engaging", "open", 1589),
        ("Won", "delivery", 4238),
        ("Lost", "lost", 2473),
    ]
    assert Deal.objects.values("rank").distinct().count() == 8800

    changes = Change.objects.count()
    again = json.loads(run(*arguments))
    assert [again[name] for name in ("rows", "created", "updated", "unchanged", "rejected")] == [8800, 0, 0, 8800, 0]
    assert Change.objects.count() == changes
