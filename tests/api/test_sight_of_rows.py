"""Documents and payments that a reader comes to see, or sees no more, because of other rows than their own."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.domain.documents import delete_document
from deals.models import Deal, DealTeamMember, Document
from royalties.domain.allocations import Part, allocate_payment
from royalties.models import Agreement, Payment
from sync.domain.timeline import timeline_of
from tests.accounts.factories import UserFactory
from tests.api.test_changes import follow, settle
from tests.companies.factories import CompanyFactory
from tests.deals.factories import ApprovalFactory, DealFactory, DocumentFactory
from tests.royalties.factories import AgreementFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def finance(caller_of):
    return caller_of(Role.FINANCE)


class Watch:
    """What is told from now on to somebody of some resources."""

    def __init__(self, caller, *resources):
        settle()
        self.caller = caller
        self.parameters = "".join(f"&resource={name}" for name in resources) + "&expand=object"
        self.cursor = caller.get("companies?snapshot=true").json()["changes_cursor"]

    def told(self):
        """Return operation, whether it was gained, and the object, of each change since the last time."""
        changes, self.cursor = follow(self.caller, self.cursor, self.parameters)
        assert [one for one in changes if "readers" in one["fields"]] == []
        return [(one["operation"], one["gained"], one["object"] and one["object"]["id"]) for one in changes]


def lost():
    return [("delete", False, None)]


def gained(row):
    return [("update", True, str(row.pk))]


def changed(row):
    return [("update", False, str(row.pk))]


def set_secret(deal, is_confidential=True):
    Deal.objects.filter(pk=deal.pk).update(is_confidential=is_confidential)


def test_document_for_the_team_alone_is_lost_to_others_and_gained_again(bd, administrator):
    document = DocumentFactory()
    outside, above = Watch(bd, "document"), Watch(administrator, "document")

    Document.objects.filter(pk=document.pk).update(audience="team")
    assert (outside.told(), above.told()) == (lost(), changed(document))
    Document.objects.filter(pk=document.pk).update(title="Not for all")
    assert (outside.told(), above.told()) == ([], changed(document))
    Document.objects.filter(pk=document.pk).update(audience="deal")
    assert (outside.told(), above.told()) == (gained(document), changed(document))


def test_document_for_the_team_alone_comes_and_goes_with_its_members_and_owner(bd, administrator):
    document = DocumentFactory(audience="team")
    DocumentFactory(deal=document.deal)
    watch, above = Watch(bd, "document"), Watch(administrator, "document")

    member = DealTeamMember.objects.create(deal=document.deal, user=bd.user)
    assert watch.told() == gained(document)
    member.delete()
    assert watch.told() == lost()
    Deal.objects.filter(pk=document.deal_id).update(owner=bd.user)
    assert watch.told() == gained(document)
    Deal.objects.filter(pk=document.deal_id).update(owner=administrator.user)
    assert watch.told() == lost()
    # To those who see it all the time nothing of this is a change of it.
    assert above.told() == []


def test_document_whose_deal_is_secret_is_not_told_of_to_outsiders_when_its_audience_changes(bd):
    document = DocumentFactory(deal__is_confidential=True)
    watch = Watch(bd, "document")

    Document.objects.filter(pk=document.pk).update(audience="team")
    DealTeamMember.objects.create(deal=document.deal, user=UserFactory())
    assert watch.told() == []
    set_secret(document.deal, is_confidential=False)
    # Who alone may see it did not change: what the team has for itself stays unknown, though its deal is known now.
    assert watch.told() == []


@pytest.mark.parametrize("leaves_first", [True, False])
def test_deleted_document_of_the_team_is_told_to_the_team_alone(bd, caller_of, leaves_first):
    inside = caller_of()
    document = DocumentFactory(audience="team", title="Secret annex")
    member = DealTeamMember.objects.create(deal=document.deal, user=inside.user)
    outside, team = Watch(bd, "document"), Watch(inside, "document")
    Document.objects.filter(pk=document.pk).update(title="Secret annex B")

    def leave():
        member.delete()

    def delete():
        delete_document(document=document, by=UserFactory(role=Role.MANAGER))

    for step in (leave, delete) if leaves_first else (delete, leave):
        step()

    assert outside.told() == []
    assert team.told()[-1:] == lost()


def test_payment_is_hidden_and_shown_by_the_deals_of_its_payer(bd, finance, administrator):
    payer = CompanyFactory()
    payment, other = PaymentFactory(payer=payer), PaymentFactory(payer=CompanyFactory())
    deal = DealFactory(is_confidential=True)
    watches = [Watch(caller, "payment") for caller in (bd, finance)]
    above = Watch(administrator, "payment")

    def told():
        first, second = (watch.told() for watch in watches)
        assert first == second
        return first

    agreement = AgreementFactory(deal=deal, licensee=payer)
    assert told() == lost()
    set_secret(deal, is_confidential=False)
    assert told() == gained(payment)
    set_secret(deal)
    assert told() == lost()
    Agreement.objects.filter(pk=agreement.pk).update(licensee=CompanyFactory())
    assert told() == gained(payment)
    Payment.objects.filter(pk=other.pk).update(payer=Agreement.objects.get().licensee)
    assert told() == lost()
    Agreement.objects.all().delete()
    assert told() == gained(other)
    # The payer is a fact of the payment; the rest is no change of it.
    assert above.told() == changed(other)


def test_payment_that_two_secret_deals_hide_is_told_of_once(bd):
    payment = PaymentFactory(payer=CompanyFactory())
    deals = [AgreementFactory(licensee=payment.payer).deal for _number in range(2)]
    watch = Watch(bd, "payment")

    set_secret(deals[0])
    set_secret(deals[1])
    assert watch.told() == lost()
    set_secret(deals[0], is_confidential=False)
    assert watch.told() == []
    DealTeamMember.objects.create(deal=deals[1], user=bd.user)
    assert watch.told() == gained(payment)


def test_payment_that_was_never_seen_is_not_told_of(bd):
    secret = AgreementFactory(deal__is_confidential=True)
    another = AgreementFactory(licensee=secret.licensee).deal
    watch = Watch(bd, "payment")

    payment = PaymentFactory(payer=secret.licensee)
    set_secret(another)
    set_secret(another, is_confidential=False)
    payment.delete()

    assert watch.told() == []


def test_deleted_payment_is_told_to_those_who_saw_it(bd):
    payment = PaymentFactory()
    watch = Watch(bd, "payment")
    payment.delete()
    assert watch.told() == lost()


def test_invoice_is_told_of_when_the_payment_that_settles_it_comes_into_sight(finance, administrator):
    invoice = InvoiceFactory()
    secret = InvoiceFactory(
        statement__agreement__deal__is_confidential=True, statement__agreement__licensor=invoice.licensor
    )
    payment = PaymentFactory(licensor=invoice.licensor, amount=Decimal(500))
    parts = [Part(invoice.pk, Decimal(100)), Part(secret.pk, Decimal(200))]
    allocate_payment(payment=payment, parts=parts, by=administrator.user)
    settle()
    start = finance.get("invoices?snapshot=true").json()["changes_cursor"]

    set_secret(secret.agreement.deal, is_confidential=False)

    changes, _cursor = follow(finance, start, "&resource=invoice&expand=object")
    (told,) = [one for one in changes if one["id"] == str(invoice.pk)]
    assert (told["operation"], told["fields"]) == ("update", {})
    assert told["object"]["allocations"][0]["payment"] == str(payment.pk)


def test_document_is_named_to_those_who_may_open_it_alone(bd, administrator, client):
    document = DocumentFactory(title="Signed for few")
    agreement = AgreementFactory(deal=document.deal, document=document)
    approval = ApprovalFactory(deal=document.deal, document=document)
    watch = Watch(bd, "agreement", "approval")
    addresses = [("agreements", agreement), ("approvals", approval)]

    def named(caller):
        found = []
        for name, row in addresses:
            found.append(caller.get(f"{name}/{row.pk}").json()["document"])
            found.append(caller.get(name).json()["results"][0]["document"])
            lines = caller.get(f"{name}/export?fields=id,document", Accept="application/x-ndjson").getvalue().decode()
            found.append(str(document.pk) if f'"document":"{document.pk}"' in lines else None)
        included = caller.get("approvals?include=document").json()["results"][0]["embedded"]["document"]
        return set(found), included and included["id"]

    assert named(bd) == ({str(document.pk)}, str(document.pk))
    Document.objects.filter(pk=document.pk).update(audience="team")
    assert named(bd) == ({None}, None)
    assert named(administrator) == ({str(document.pk)}, str(document.pk))
    assert sorted(watch.told()) == sorted([*changed(agreement), *changed(approval)])
    client.force_login(bd.user)
    for tab in ("glance", "amendments"):
        assert "Signed for few" not in client.get(f"{agreement.get_absolute_url()}?tab={tab}").content.decode()
    client.force_login(administrator.user)
    assert "Signed for few" in client.get(agreement.get_absolute_url()).content.decode()


@pytest.mark.parametrize("channel", ["api", "page"])
def test_document_stays_when_one_who_may_not_open_it_saves(bd, finance, administrator, client, channel):
    document = DocumentFactory(audience="team")
    agreement = AgreementFactory(deal=document.deal, document=document)
    approval = ApprovalFactory(deal=document.deal, document=document)
    for caller, address, row, page, member in (
        (
            bd,
            "approvals",
            approval,
            reverse("deals:approval_change", args=[document.deal.pk, approval.pk]),
            "conditions",
        ),
        (finance, "agreements", agreement, reverse("royalties:agreement_edit", args=[agreement.pk]), "title"),
    ):
        if channel == "api":
            shown = caller.get(f"{address}/{row.pk}").json()["document"]
            response = caller.patch(f"{address}/{row.pk}", {"document": shown, member: "Saved"})
            assert (shown, response.status_code) == (None, 200)
        else:
            client.force_login(caller.user)
            form = client.get(page).context["form"]
            shown = {field.html_name: field.value() for field in form if field.value() is not None}
            client.post(page, {**shown, "document": "", member: "Saved"})
        row.refresh_from_db()
        assert (getattr(row, member), row.document) == ("Saved", document)

    assert administrator.patch(f"approvals/{approval.pk}", {"document": None}).status_code == 200
    approval.refresh_from_db()
    assert approval.document is None


def test_who_may_see_a_row_is_no_line_of_a_timeline(administrator):
    document = DocumentFactory()
    before = len(timeline_of("deal", document.deal_id, viewer=administrator.user).entries)

    set_secret(document.deal)

    entries = timeline_of("deal", document.deal_id, viewer=administrator.user).entries
    assert len(entries) == before + 1
    assert [line.resource for line in entries[0].lines] == ["deal"]
