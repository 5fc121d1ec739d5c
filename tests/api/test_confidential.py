"""What belongs to a confidential deal does not exist for outsiders, by whatever way they ask."""

import re

import pytest

from deals.models import Deal
from lrs_tracker.api.resources import resource
from sync.models import ExternalRef
from tests.api.test_every_resource import MADE_BY
from tests.api.test_objects import problem
from tests.deals.factories import DealFactory, StageFactory
from tests.royalties.factories import AgreementFactory

pytestmark = pytest.mark.django_db
PARTS = ["approvals", "documents", "notes", "tasks", "transitions", "waivers"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def alike(refused, missing, pk):
    """Whether two refusals differ in nothing but the id that was asked for."""
    assert refused.status_code == missing.status_code
    assert re.sub(rf"\b{pk}\b", "999999", refused.content.decode()) == missing.content.decode()
    return True


@pytest.mark.parametrize("name", PARTS)
def test_part_of_a_confidential_deal_does_not_exist_for_outsiders(bd, administrator, name):
    row = MADE_BY[name][0]()
    row.deal.is_confidential = True
    row.deal.save(update_fields=["is_confidential"])
    pk, deal = str(row.pk), str(row.deal_id)
    change = MADE_BY[name][1]

    assert bd.get(name).json() == {"results": [], "next": None}
    assert bd.get(f"{name}/export").getvalue() == b""
    assert bd.get(f"{name}/export?format=csv").getvalue().decode().splitlines()[1:] == []
    assert alike(bd.get(f"{name}/{pk}"), bd.get(f"{name}/999999"), pk)
    assert alike(bd.get(f"{name}?deal={deal}"), bd.get(f"{name}?deal=999999"), deal)
    assert bd.get(f"{name}?company={row.deal.company_id}").json()["results"] == []
    if change is not None:
        assert alike(bd.patch(f"{name}/{pk}", change), bd.patch(f"{name}/999999", change), pk)
        updates = [
            bd.post(f"{name}/bulk", {"operations": [{"op": "update", "id": asked, "data": change}]}).json()
            for asked in (pk, "999999")
        ]
        assert updates[0] == updates[1]
        assert updates[0]["results"][0]["status"] == 404
    if resource(name).domain.delete is not None:
        assert alike(bd.delete(f"{name}/{pk}"), bd.delete(f"{name}/999999"), pk)
    for verb, view in resource(name).actions.items():
        asked = [bd.call(view.action_method.upper(), f"{name}/{one}/{verb}") for one in (pk, "999999")]
        assert alike(asked[0], asked[1], pk)
    assert administrator.get(f"{name}?deal={deal}").json()["results"][0]["id"] == pk


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("tasks", {"title": "Call", "due_on": "2027-01-31"}),
        ("notes", {"body": "Agreed."}),
        ("approvals", {"regime": "Technology export"}),
    ],
)
def test_nothing_is_added_to_a_confidential_deal_by_outsiders(bd, name, body):
    deal = str(DealFactory(is_confidential=True).pk)
    asked = [bd.post(name, {**body, "deal": pk}) for pk in (deal, "999999")]
    assert problem(asked[0], 400) == [("deal", "unknown")]
    assert alike(asked[0], asked[1], deal)
    assert resource(name).model._default_manager.count() == 0


def test_team_member_sees_the_parts(bd):
    deal = DealFactory(is_confidential=True)
    deal.team.add(bd.user)
    made = bd.post("tasks", {"deal": str(deal.pk), "title": "Call", "due_on": "2027-01-31"})
    assert made.status_code == 201, made.content
    assert bd.get(f"tasks?deal={deal.pk}&include=deal").json()["results"][0]["embedded"]["deal"]["id"] == str(deal.pk)


def test_deal_of_another_plant_or_contact_is_not_counted(bd, administrator):
    deal = DealFactory(is_confidential=True)
    deal.team.add(administrator.user)
    assert bd.get(f"deals?company={deal.company_id}").json()["results"] == []
    assert bd.get(f"deals?member={administrator.user.pk}").json()["results"] == []
    assert len(administrator.get(f"deals?member={administrator.user.pk}").json()["results"]) == 1


def test_describing_the_api_lets_nobody_filter_by_what_is_hidden(bd):
    hidden = AgreementFactory(deal=DealFactory(is_confidential=True))
    bd.call("GET", "/api/schema/", Accept="application/vnd.oai.openapi+json")
    for query, pk in (("agreements?deal=", hidden.deal_id), ("fees?agreement=", hidden.pk)):
        asked = [bd.get(f"{query}{one}") for one in (pk, 999999)]
        assert asked[0].status_code == 400
        assert alike(asked[0], asked[1], pk)


def test_id_of_another_system_that_a_hidden_deal_holds_is_taken_and_found_by_nobody(bd):
    deal = DealFactory(is_confidential=True)
    ExternalRef.objects.create(resource="deal", object_id=deal.pk, system="crm", external_id="8812")
    address = "deals/by-ref/crm/8812"
    assert bd.get(address).status_code == 404
    wrong = [bd.put(one, {"title": "x"}) for one in (address, "deals/by-ref/crm/8813")]
    assert [one.status_code for one in wrong] == [400, 400]
    body = {"title": "Line", "company": str(deal.company_id), "stage": str(StageFactory().pk)}
    taken = bd.put(address, body)
    assert (taken.status_code, str(deal.pk) in taken.content.decode()) == (409, False)
    assert Deal.objects.count() == 1
