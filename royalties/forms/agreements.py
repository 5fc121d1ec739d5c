"""Forms of agreements: their facts, rules, clauses, and what puts them into force and ends them."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from deals.models import Deal, Document
from lrs_tracker.currencies import currency_choices, validate_currency
from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.form_fields import field_of
from lrs_tracker.visibility import Viewer
from plants.models import Plant
from royalties.enums import FieldOfUse
from royalties.forms.parts import PartsForm
from royalties.models import Agreement, Licensor
from royalties.models.agreements import RULES_WITH_CLAUSE

MOST_DEALS = 200
_DATES = ("signed_on", "effective_on", "expires_on", "notice_on")
_FACTS = [
    "title",
    "type",
    "licensor",
    "licensee",
    "effective_on",
    "expires_on",
    "notice_on",
    "plants",
    "fields_of_use",
]


def date_input() -> forms.DateInput:
    """Return the widget of a day."""
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class _FactsForm(PartsForm):
    """What new and stored agreements share."""

    fields_of_use = forms.MultipleChoiceField(
        label=_("Fields of use covered"),
        choices=FieldOfUse.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all."),
    )

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        """Offer the parties and plants that the user may see and that are in use."""
        super().__init__(*args, **kwargs)
        self.fields["effective_on"].required = True
        self.fields["effective_on"].help_text = _("As planned; it can change until statements are issued.")
        licensors = Licensor.objects.visible_to(user).order_by("name", "pk")
        field_of(self, "licensor", forms.ModelChoiceField).queryset = licensors
        field_of(self, "licensee", forms.ModelChoiceField).queryset = (
            Company.objects.visible_to(user)
            .filter(Q(archived_at__isnull=True) | Q(pk=self.instance.licensee_id))
            .order_by("name", "pk")
        )
        chosen = self.instance.plants.values("pk") if self.instance.pk else Plant.objects.none().values("pk")
        field_of(self, "plants", forms.ModelMultipleChoiceField).queryset = (
            Plant.objects.visible_to(user).filter(Q(archived_at__isnull=True) | Q(pk__in=chosen)).order_by("name", "pk")
        )


class NewAgreementForm(_FactsForm):
    """The facts that an agreement starts with."""

    deal = forms.ModelChoiceField(
        label=_("Deal"), queryset=Deal.objects.none(), widget=forms.Select({"data-select": True})
    )

    class Meta:
        model = Agreement
        fields = [*_FACTS, "currency", "reporting_period", "contract_year_start"]
        widgets = {
            "licensee": forms.Select({"data-select": True}),
            "plants": forms.SelectMultiple({"data-select": True}),
            **{name: date_input() for name in _DATES},
        }

    field_order = ["deal", "title", "type", "licensor", "licensee", "currency", "reporting_period", *_FACTS]

    def __init__(self, *args: Any, user: Viewer, deal: Deal | None, deal_url: str, **kwargs: Any) -> None:
        """Begin with what the deal says; without one, deals are searched for."""
        super().__init__(*args, user=user, **kwargs)
        deals = field_of(self, "deal", forms.ModelChoiceField)
        visible = Deal.objects.visible_to(user).select_related("company")
        deals.queryset = visible
        deals.label_from_instance = _deal_label  # type: ignore[method-assign, assignment]  # Django's own way
        typed = self.data.get("deal", "") if self.is_bound else ""
        shown = visible.filter(pk=typed) if str(typed).isdecimal() and len(str(typed)) < 10 else visible.none()
        if deal is not None and not typed:
            shown = visible.filter(pk=deal.pk)
            self._take_over(deal)
        recent = visible.order_by("-updated_at", "-pk")[:MOST_DEALS]
        offered = {one.pk: one for one in (*shown, *recent)}
        deals.widget.choices = [("", _("Choose the deal")), *((pk, _deal_label(one)) for pk, one in offered.items())]
        deals.widget.attrs["data-select-url"] = deal_url
        currency = forms.ChoiceField(
            label=self.fields["currency"].label or "", choices=currency_choices(), validators=[validate_currency]
        )
        currency.widget.attrs["data-select"] = True
        self.fields["currency"] = currency
        licensors = field_of(self, "licensor", forms.ModelChoiceField).queryset
        if licensors is not None and licensors.count() == 1:
            self.initial.setdefault("licensor", licensors.get().pk)
        self.order_fields(self.field_order)

    def _take_over(self, deal: Deal) -> None:
        facts = {
            "deal": deal.pk,
            "licensee": deal.company_id,
            "currency": deal.currency,
            "effective_on": deal.effective_on or deal.expected_effective_on,
            "plants": list(deal.plants.values_list("pk", flat=True)),
            "title": deal.title,
        }
        for name, value in facts.items():
            self.initial.setdefault(name, value)


def _deal_label(deal: Deal) -> str:
    return f"{deal.code} · {deal.company} · {deal.title}" if deal.title else f"{deal.code} · {deal.company}"


class AgreementForm(_FactsForm):
    """The facts of a stored agreement."""

    class Meta:
        model = Agreement
        fields = [*_FACTS, "document"]
        widgets = {
            "licensee": forms.Select({"data-select": True}),
            "plants": forms.SelectMultiple({"data-select": True}),
            **{name: date_input() for name in _DATES},
        }

    def __init__(self, *args: Any, user: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        field_of(self, "document", forms.ModelChoiceField).queryset = documents_of(self.instance, user)


def documents_of(agreement: Agreement, user: Viewer) -> Any:
    """Return the documents of an agreement's deal that the user may open."""
    return Document.objects.visible_to(user).filter(deal=agreement.deal_id).order_by("title", "-number", "-pk")


class RulesForm(PartsForm):
    """The rules of calculation, payment and audit."""

    class Meta:
        model = Agreement
        fields = [
            "currency",
            "contract_year_start",
            "reporting_period",
            "report_days",
            "payment_days",
            "due_from",
            "advance",
            "is_advance_recoupable",
            "is_advance_repayable",
            "withholding_percent",
            "is_grossed_up",
            "fx_rule",
            "rounding",
            "interest_percent",
            "interest_days",
            "grace_days",
            "audit_years",
            "audit_notice_days",
            "audit_tolerance_percent",
        ]
        widgets = {"currency": forms.TextInput({"size": 3, "autocapitalize": "characters"})}

    def clean_currency(self) -> str:
        """Write the code in capitals."""
        return self.cleaned_data["currency"].upper()


_RULE_LABELS = {
    "minimum": _("Minimum"),
    "cap": _("Cap"),
    "advance": _("Advance"),
    "withholding": _("Withholding tax"),
    "fx": _("Conversion"),
    "rounding": _("Rounding"),
    "interest": _("Late interest"),
    "payment": _("Payment"),
    "reporting": _("Reports"),
    "audit": _("Audit"),
    "term": _("Term and notice"),
}


class ClausesForm(PartsForm):
    """Where the contract has each rule."""

    class Meta:
        model = Agreement
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in RULES_WITH_CLAUSE:
            self.fields[rule] = forms.CharField(label=_RULE_LABELS[rule], max_length=20, required=False)
            self.initial[rule] = str(self.instance.clauses.get(rule, ""))

    @property
    def clauses(self) -> dict[str, str]:
        """The clauses that were filled in, by rule."""
        return {rule: self.cleaned_data[rule] for rule in RULES_WITH_CLAUSE if self.cleaned_data[rule]}


class SignForm(forms.Form):
    """When an agreement was signed."""

    signed_on = forms.DateField(label=_("Signed on"), widget=date_input(), validators=[validate_plausible_date])


class TerminateForm(forms.Form):
    """When an agreement ends early."""

    ended_on = forms.DateField(
        label=_("Last day in force"),
        widget=date_input(),
        validators=[validate_plausible_date],
        help_text=_("Royalties are owed through this day; a minimum of the last contract year stays."),
    )
