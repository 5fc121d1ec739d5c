"""Forms about invoices and credit notes."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.form_fields import field_of
from lrs_tracker.formats import format_amount
from lrs_tracker.visibility import Viewer
from money.forms import CurrencyInput
from royalties.enums import AllocationKind
from royalties.models import CreditNote, Invoice, Payment, WithholdingCertificate

DEDUCTIONS = [
    (kind.value, kind.label) for kind in (AllocationKind.WITHHOLDING, AllocationKind.BANK_FEE, AllocationKind.WRITE_OFF)
]


def day_field(**options: Any) -> forms.DateField:
    """Return a field for a plausible day."""
    return forms.DateField(
        validators=[validate_plausible_date], widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options
    )


def amount_field(**options: Any) -> forms.DecimalField:
    """Return a field for an amount above zero."""
    return forms.DecimalField(max_digits=20, decimal_places=3, min_value=Decimal("0.001"), **options)


def plain(amount: Decimal) -> Decimal:
    """Return an amount without the zeros that its column adds."""
    return Decimal(f"{amount.normalize():f}")


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))


class DisputeForm(forms.Form):
    """What the licensee disputes."""

    note = forms.CharField(label=_("What is disputed"), max_length=4000, widget=forms.Textarea({"rows": 4}))


class InterestForm(forms.Form):
    """Through which day interest is charged."""

    through = day_field(label=_("Through"))


class ReminderForm(forms.Form):
    """When a reminder was sent."""

    on = day_field(label=_("Sent on"))


class CreditNoteChoice(forms.ModelChoiceField):
    """Credit notes with what is left of each."""

    def label_from_instance(self, obj: Any) -> str:
        """Name a credit note by its number and what is left."""
        return f"{obj.code}: {format_amount(obj.left, obj.currency)}"


class PaymentChoice(forms.ModelChoiceField):
    """Payments with what is left of each."""

    def label_from_instance(self, obj: Any) -> str:
        """Name a payment by its day, payer and what is left."""
        payer = str(obj.payer or obj.payer_name or obj.reference)
        return f"{obj.received_on}: {format_amount(obj.left, obj.currency)} {payer[:60]}"


class SettleForm(forms.Form):
    """A payment that settles an invoice, and how much of it."""

    payment = PaymentChoice(label=_("Payment"), queryset=Payment.objects.none())
    amount = amount_field(label=_("Amount"), required=False, help_text=_("Empty: all that is owed and there."))
    source_amount = amount_field(
        label=_("Taken from the payment"),
        required=False,
        help_text=_("Only for a payment in another currency. Empty: at the rate of its day."),
    )

    def __init__(self, *args: Any, invoice: Invoice, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payments = Payment.objects.visible_to(user).filter(licensor=invoice.licensor_id, is_ignored=False)
        choice = field_of(self, "payment", forms.ModelChoiceField)
        choice.queryset = (
            payments.with_left().filter(left__gt=0).select_related("payer").order_by("-received_on", "-pk")
        )
        self.fields["amount"].label = _("Amount, %(currency)s") % {"currency": invoice.currency}


class DeductForm(forms.Form):
    """A part of an invoice that no money comes for."""

    kind = forms.ChoiceField(label=_("What"), choices=DEDUCTIONS)
    amount = amount_field(label=_("Amount"))
    on = day_field(label=_("Date"))
    note = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, invoice: Any, **kwargs: Any) -> None:
        """Say what is outstanding of an invoice with its balance; how much of that was deducted only people know."""
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Amount, %(currency)s") % {"currency": invoice.currency}
        owed = format_amount(invoice.outstanding, invoice.currency)
        self.fields["amount"].help_text = _("%(owed)s are outstanding.") % {"owed": owed}


class CreditForm(forms.Form):
    """A credit note that settles a part of an invoice."""

    credit_note = CreditNoteChoice(label=_("Credit note"), queryset=CreditNote.objects.none())
    amount = amount_field(label=_("Amount"))
    on = day_field(label=_("Date"))

    def __init__(self, *args: Any, invoice: Invoice, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notes = CreditNote.objects.visible_to(user).filter(
            licensor=invoice.licensor_id,
            currency=invoice.currency,
            agreement__licensee=invoice.agreement.licensee_id,
        )
        choice = field_of(self, "credit_note", forms.ModelChoiceField)
        choice.queryset = notes.with_left().filter(left__gt=0).select_related("licensor").order_by("issued_on", "pk")

    def choose(self, key: str, *, owed: Decimal) -> None:
        """Begin with a credit note, and as much of it as is owed; another key chooses none."""
        notes: Any = field_of(self, "credit_note", forms.ModelChoiceField).queryset
        if key.isascii() and key.isdecimal() and len(key) <= 18 and (note := notes.filter(pk=key).first()):
            self.initial.update({"credit_note": note.pk, "amount": plain(min(note.left, owed))})


class RepayForm(forms.Form):
    """What of a credit note was paid back, and when."""

    amount = amount_field(label=_("Amount"))
    on = day_field(label=_("Repaid on"))


class CertificateForm(forms.ModelForm):
    """A certificate of withheld tax."""

    class Meta:
        model = WithholdingCertificate
        fields = ["number", "issued_on", "currency", "amount"]
        widgets = {
            "issued_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "currency": CurrencyInput({"autocapitalize": "characters", "spellcheck": "false"}),
        }
