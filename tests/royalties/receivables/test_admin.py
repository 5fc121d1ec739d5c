"""Receivables in the admin: read there, changed on their pages."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.models import Allocation
from tests.accounts.factories import UserFactory
from tests.royalties.factories import CreditNoteFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db
MODELS = ("invoice", "creditnote", "payment", "allocation", "withholdingcertificate", "bankimport")


def test_every_list_and_row_is_read_and_none_is_written(client):
    client.force_login(UserFactory(role=Role.ADMINISTRATOR))
    invoice = InvoiceFactory()
    rows = {
        "invoice": invoice,
        "creditnote": CreditNoteFactory(agreement=invoice.agreement),
        "payment": PaymentFactory(licensor=invoice.licensor),
        "allocation": Allocation.objects.create(invoice=invoice, kind="withholding", on=invoice.issued_on, amount=5),
    }

    for name in MODELS:
        assert client.get(reverse(f"admin:royalties_{name}_changelist"), {"q": "1"}).status_code == 200, name
        assert client.get(reverse(f"admin:royalties_{name}_add")).status_code == 403, name
    for name, row in rows.items():
        assert client.get(reverse(f"admin:royalties_{name}_change", args=[row.pk])).status_code == 200, name
        assert client.post(reverse(f"admin:royalties_{name}_delete", args=[row.pk])).status_code == 403, name
