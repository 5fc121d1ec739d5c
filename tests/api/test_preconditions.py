"""What a write is made against: the entity tag that was read, and whether there is something to write to."""

import threading

import pytest
from django.db import connection

from companies.models import Company
from deals.models import Deal
from royalties.models import Agreement
from sync.models import ExternalRef
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory, StageFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, RoyaltyTermFactory

FACTORIES = {
    "deals": DealFactory,
    "companies": CompanyFactory,
    "contacts": ContactFactory,
    "plants": PlantFactory,
    "agreements": AgreementFactory,
}
REFS = {"refs": [{"system": "crm", "external_id": "1"}]}


def at_once(*works):
    """Do these in threads of their own and return what they return."""
    barrier, found = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        found.append(work())
        connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_tag_of_a_compressed_answer_is_one_to_write_against(bd, coding):
    deal = DealFactory(title="A title that is long enough for it to be compressed. " * 3)
    read = bd.get(f"deals/{deal.pk}", Accept_Encoding=coding)
    assert read.get("Content-Encoding", "identity") == coding

    assert bd.get(f"deals/{deal.pk}", If_None_Match=read["ETag"]).status_code == 304
    assert bd.patch(f"deals/{deal.pk}", {"title": "Mine"}, If_Match=read["ETag"]).status_code == 200
    assert problem(bd.patch(f"deals/{deal.pk}", {"title": "Theirs"}, If_Match=read["ETag"]), 412) == []
    moved = bd.post(f"deals/{deal.pk}/move", {"stage": str(deal.stage_id)}, If_Match=read["ETag"])
    assert problem(moved, 412) == []


@pytest.mark.django_db
def test_one_of_several_tags_is_enough(bd):
    company = CompanyFactory()
    old = bd.get(f"companies/{company.pk}")["ETag"]
    new = bd.patch(f"companies/{company.pk}", {"about": "One"})["ETag"]

    assert bd.patch(f"companies/{company.pk}", {"about": "Two"}, If_Match=f"{old}, W/{new}").status_code == 200
    assert problem(bd.patch(f"companies/{company.pk}", {"about": "Three"}, If_Match=f"{old}, {new}"), 412) == []
    assert problem(bd.patch(f"companies/{company.pk}", {"about": "Three"}, If_Match=f'{new}, "theirs"'), 400)
    assert bd.get(f"companies/{company.pk}", If_None_Match="*").status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("name", FACTORIES)
def test_other_refs_are_another_version(administrator, name):
    one = FACTORIES[name]()
    read = administrator.get(f"{name}/{one.pk}")

    changed = administrator.patch(f"{name}/{one.pk}", REFS, If_Match=read["ETag"])
    assert changed.json()["version"] == read.json()["version"] + 1, changed.content
    assert changed.json()["updated_at"] > read.json()["updated_at"]
    same = administrator.patch(f"{name}/{one.pk}", REFS, If_Match=changed["ETag"])
    assert same.json() == changed.json()
    assert problem(administrator.patch(f"{name}/{one.pk}", {"refs": []}, If_Match=read["ETag"]), 412) == []


@pytest.mark.django_db(transaction=True)
def test_of_those_who_write_refs_at_once_against_one_tag_one_wins(bd):
    company = CompanyFactory()
    tag = bd.get(f"companies/{company.pk}")["ETag"]

    def write(number):
        refs = {"refs": [{"system": "crm", "external_id": str(number)}]}
        return lambda: bd.patch(f"companies/{company.pk}", refs, If_Match=tag).status_code

    assert sorted(at_once(*map(write, range(4)))) == [200, 412, 412, 412]
    assert ExternalRef.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["companies", "plants"])
def test_of_those_who_put_the_same_at_once_one_creates_and_all_are_answered(bd, name):
    body = {"name": "Nordwind"} if name == "companies" else {"name": "Line 1", "company": str(CompanyFactory().pk)}

    answers = at_once(*[lambda: bd.put(f"{name}/by-ref/crm/1", body)] * 5)

    assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 201], [one.content for one in answers]
    assert len({one.json()["id"] for one in answers}) == ExternalRef.objects.count() == 1


@pytest.mark.django_db
def test_put_is_only_for_what_is_there_or_only_for_what_is_not(bd):
    address, body = "companies/by-ref/crm/1", {"name": "Nordwind"}
    for tag in ("*", '"1-0123abcd"'):
        assert problem(bd.put(address, body, If_Match=tag), 412) == []
    assert Company.objects.count() == 0

    assert bd.put(address, body, If_None_Match="*").status_code == 201
    assert problem(bd.put(address, {"name": "Südwind"}, If_None_Match="*"), 412) == []
    assert problem(bd.put(address, body, If_None_Match='"1"'), 400) == [("If-None-Match", "invalid")]
    assert bd.put(address, body, If_Match="*").status_code == 200
    assert Company.objects.get().name == "Nordwind"


@pytest.mark.django_db
def test_stale_tag_is_told_before_what_else_stands_against_a_deletion(administrator):
    term = RoyaltyTermFactory()
    tag = administrator.get(f"royalty-terms/{term.pk}")["ETag"]
    assert administrator.patch(f"royalty-terms/{term.pk}", {"label": "Another"}).status_code == 200
    Agreement.objects.update(status="terminated", ended_on="2026-06-30")
    assert problem(administrator.delete(f"royalty-terms/{term.pk}", If_Match=tag), 412) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"next_step": {"x": 1}}, [("next_step", "not_text")]),
        ({"next_step_on": "garbage"}, [("next_step_on", "invalid")]),
        ({"company": 5}, [("company", "invalid")]),
        ({"stage": "999999"}, [("stage", "unknown")]),
    ],
)
def test_what_only_a_new_object_takes_is_checked_of_another_too(bd, wrong, errors):
    body = {"company": str(CompanyFactory().pk), "stage": str(StageFactory().pk), "title": "Line"}
    body |= {"next_step": "Call them", "next_step_on": "2026-12-01"}
    assert [bd.put("deals/by-ref/crm/1", body).status_code for _time in range(2)] == [201, 200]

    assert problem(bd.put("deals/by-ref/crm/1", {**body, "title": "Other", **wrong}), 400) == errors
    operation = {"op": "upsert", "ref": {"system": "crm", "external_id": "1"}, "data": {**body, **wrong}}
    refused = bd.post("deals/bulk", {"operations": [operation]}).json()["results"][0]
    assert (refused["status"], refused["problem"]["errors"][0]["field"]) == (400, errors[0][0])
    deal = Deal.objects.get()
    assert (deal.title, deal.tasks.count()) == ("Line", 1)
