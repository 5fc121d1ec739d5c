import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from deals.enums import ImportStatus
from deals.models import Deal, ImportBatch
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.imports.builders import a_map, csv_file, import_file, write_map

# Each import is a transaction of its own, so that the change log can tell them apart.
pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: object) -> str:
    stdout = io.StringIO()
    call_command("undo_import", *map(str, arguments), stdout=stdout)
    return stdout.getvalue()


@pytest.fixture
def user():
    return UserFactory(email="bd@example.com")


@pytest.fixture
def batch(user):
    batch, _report = import_file(csv_file("A1,Acme,One,Won", "A2,Bolt,Two,Won"), by=user)
    return batch


def test_undo_takes_an_import_back_as_the_user(batch, user):
    assert run(batch.pk, "--user", "BD@example.com") == "Undone: 2 deals deleted, 0 restored.\n"

    batch.refresh_from_db()
    assert (Deal.objects.count(), batch.status, batch.undone_by) == (0, ImportStatus.UNDONE, user)
    assert set(Change.objects.filter(operation="delete").values_list("actor", flat=True)) == {user.pk}


def test_import_of_the_command_line_is_undone_by_a_manager(tmp_path, user):
    (tmp_path / "deals.csv").write_bytes(csv_file("A1,Acme,One,Won"))
    call_command("import_deals", tmp_path / "deals.csv", "--map", write_map(tmp_path, a_map()), stdout=io.StringIO())
    number = ImportBatch.objects.get().pk
    manager = UserFactory(role=Role.MANAGER)

    with pytest.raises(CommandError, match=f"There is no import {number} that bd@example.com may undo."):
        run(number, "--user", user.email)
    assert json.loads(run(number, "--user", manager.email, "--json")) == {
        "deleted": 1,
        "restored": 0,
        "left": [],
        "kept": [],
    }
    assert Deal.objects.count() == 0


def test_deals_changed_since_are_refused_or_left(batch, user):
    deal = Deal.objects.get(title="One")
    Deal.objects.filter(pk=deal.pk).update(title="One!")

    with pytest.raises(CommandError, match=f"1 deal was changed since: {deal.code}") as refused:
        run(batch.pk, "--user", user.email)
    assert (refused.value.returncode, Deal.objects.count()) == (1, 2)
    lines = run(batch.pk, "--user", user.email, "--leave-changed").splitlines()

    assert lines[0] == f"{deal.code} was changed since and stays."
    assert lines[1] == "Acme is in use and stays."
    assert lines[-1] == "Undone: 1 deals deleted, 0 restored."
    assert [each.title for each in Deal.objects.all()] == ["One!"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [([], "user"), (["--user", "nobody@example.com"], "user"), (["--user", "other@example.com"], "number")],
)
def test_refusal_is_an_error_in_json(batch, arguments, field):
    UserFactory(email="other@example.com")
    stdout = io.StringIO()

    with pytest.raises(SystemExit) as stopped:
        call_command("undo_import", str(batch.pk), "--json", *arguments, stdout=stdout)

    error = json.loads(stdout.getvalue())["error"]
    assert (stopped.value.code, error["field"], bool(error["message"])) == (1, field, True)
    assert Deal.objects.count() == 2


def test_second_undo_is_refused(batch, user):
    run(batch.pk, "--user", user.email)

    with pytest.raises(CommandError, match="Only an applied import can be undone"):
        run(batch.pk, "--user", user.email)


def test_without_a_number_the_imports_that_can_be_undone_are_listed(batch, user):
    (line,) = run().splitlines()
    assert line.split("  ")[0] == str(batch.pk)
    assert line.endswith("bd@example.com")
    assert [each["number"] for each in json.loads(run("--json"))["imports"]] == [batch.pk]
    run(batch.pk, "--user", user.email)

    assert run() == "There is no import that can be undone.\n"
