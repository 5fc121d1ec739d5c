import pytest
from django.urls import reverse

from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tab", ["timeline", "tasks", "documents", "approvals", "plants", "contacts"])
def test_first(client, tab):
    deal = DealFactory()
    client.force_login(deal.owner)
    r = client.get(reverse("deals:workspace", args=[deal.pk]) + f"?tab={tab}")
    assert r.status_code == 200
