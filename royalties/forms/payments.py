"""Forms of payments."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm
from lrs_tracker.visibility import Viewer
from money.forms import CurrencyInput
from royalties.domain.allocations import Part
from royalties.domain.payments import payers_for
from royalties.models import Licensor, Payment


class PaymentForm(VersionedForm):
    """A payment as the bank statement says it."""

    class Meta:
        model = Payment
        fields = [
            "licensor",
            "payer",
            "received_on",
            "currency",
            "amount",
            "reference",
            "bank_reference",
            "note",
        ]
        widgets = {
            "payer": forms.Select({"data-select": ""}),
            "received_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "currency": CurrencyInput({"autocapitalize": "characters", "spellcheck": "false"}),
            "reference": forms.Textarea({"rows": 2}),
            "note": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = Company.objects.filter(pk=self.instance.payer_id)
        payer = field_of(self, "payer", forms.ModelChoiceField)
        payer.queryset = (payers_for(user) | stored).order_by("name", "pk")
        licensor = field_of(self, "licensor", forms.ModelChoiceField)
        licensor.queryset = Licensor.objects.visible_to(user).order_by("name", "pk")
        if not self.instance.pk and len(choices := licensor.queryset[:2]) == 1:
            self.initial.setdefault("licensor", choices[0].pk)


class AllocateForm(forms.Form):
    """How a payment is parted over invoices: `amount-<key>`, and `source-<key>` for another currency."""

    def clean(self) -> dict[str, Any]:
        """Read the parts that name an amount; the others are left out."""
        parts = []
        for name in self.data:
            key = name.removeprefix("amount-")
            if key == name or not key.isascii() or not key.isdecimal() or len(key) > 18:
                continue
            amount, source_amount = self._amount(name), self._amount(f"source-{key}")
            if amount is not None or source_amount is not None:
                parts.append(Part(int(key), amount, source_amount))
        if not parts and not self.errors:
            self.add_error(None, _("Say how much of which invoice the payment settles."))
        return {"parts": parts}

    def _amount(self, name: str) -> Decimal | None:
        typed = self.data.get(name, "").strip().replace(",", "").replace(" ", "").replace("\xa0", "")
        if not typed:
            return None
        try:
            amount = forms.DecimalField(max_digits=20, decimal_places=3, min_value=Decimal("0.001")).clean(typed)
        except (forms.ValidationError, InvalidOperation):
            self.add_error(None, _("“%(typed)s” is not an amount.") % {"typed": typed[:30]})
            return None
        return amount
