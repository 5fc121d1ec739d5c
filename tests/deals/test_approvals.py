import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.enums import Role
from deals.domain.approvals import add_approval, change_approval, is_filing_late, is_late
from deals.enums import ApprovalStatus
from deals.models import Approval
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY, ApprovalFactory, DealFactory, DocumentFactory

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)


def test_add_approval_is_to_be_filed():
    deal = DealFactory()

    approval = add_approval(deal=deal, regime="Technology export", jurisdiction="CN", by=deal.owner)

    assert Approval.objects.values_list("regime", "status").get(pk=approval.pk) == ("Technology export", "to_file")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"status": ApprovalStatus.FILED}, "filed_on"),
        ({"status": ApprovalStatus.INFORMATION_REQUESTED}, "filed_on"),
        ({"status": ApprovalStatus.GRANTED, "filed_on": YESTERDAY}, "decided_on"),
        (
            {"status": ApprovalStatus.GRANTED_WITH_CONDITIONS, "filed_on": YESTERDAY, "decided_on": TODAY},
            "conditions",
        ),
    ],
)
def test_a_status_needs_its_date(values, field):
    approval = ApprovalFactory()

    with pytest.raises(DomainError) as caught:
        change_approval(approval=approval, by=approval.deal.owner, **values)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "values",
    [
        {"regime": " "},
        {"jurisdiction": "XX"},
        {"filed_on": dt.date(1900, 1, 1)},
        {"status": "granted", "filed_on": TODAY, "decided_on": YESTERDAY},
    ],
)
def test_implausible_values_are_refused(values):
    approval = ApprovalFactory()

    with pytest.raises(ValidationError):
        change_approval(approval=approval, by=approval.deal.owner, **values)


def test_change_approval_refuses_a_stale_version_and_other_deals_documents():
    approval = ApprovalFactory()
    by = approval.deal.owner
    change_approval(approval=approval, by=by, authority="BIS", expected_version=1)

    with pytest.raises(StaleVersionError):
        change_approval(approval=approval, by=by, authority="MOFCOM", expected_version=1)
    with pytest.raises(DomainError, match="document of this deal"):
        change_approval(approval=approval, by=by, document=DocumentFactory())


def test_change_approval_refuses_read_only():
    with pytest.raises(PermissionRefusedError):
        change_approval(approval=ApprovalFactory(), by=UserFactory(role=Role.READ_ONLY), authority="BIS")


def test_an_approval_is_late_while_the_authority_is_past_its_day():
    filed = ApprovalFactory(status="filed", filed_on=YESTERDAY, decision_due_on=YESTERDAY)
    granted = ApprovalFactory(status="granted", decided_on=TODAY, decision_due_on=YESTERDAY)

    assert [is_late(filed, today=TODAY), is_late(filed, today=YESTERDAY), is_late(granted, today=TODAY)] == [
        True,
        False,
        False,
    ]


def test_a_filing_is_late_from_the_day_after_it_was_due_until_it_is_filed():
    approval = ApprovalFactory(file_by_on=YESTERDAY)

    assert [is_filing_late(approval, today=TODAY), is_filing_late(approval, today=YESTERDAY)] == [True, False]
    filed = change_approval(approval=approval, by=approval.deal.owner, status=ApprovalStatus.FILED, filed_on=TODAY)
    assert not is_filing_late(filed, today=TODAY)
