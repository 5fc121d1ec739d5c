"""Forms of what belongs to a deal: tasks, documents, approvals, plants, contacts, team."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Contact
from deals.domain.documents import MAX_MEGABYTES
from deals.enums import ContactRole, DocumentAudience, DocumentKind
from deals.models import Approval, Deal, Document, Task
from lrs_tracker.countries import country_names
from lrs_tracker.file_types import FILE_TYPES
from lrs_tracker.form_fields import field_of
from lrs_tracker.visible_text import validate_visible
from plants.models import Plant


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"})


def colleagues(*, also: int | None = None) -> Any:
    """Return the users that can be chosen: the active ones, and the one who is chosen already."""
    return (User.objects.filter(is_active=True) | User.objects.filter(pk=also)).order_by("name", "pk")


class TaskForm(forms.ModelForm):
    """A next step."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Task
        fields = ["title", "due_on", "assignee"]
        widgets = {"due_on": _day()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the colleagues who are active."""
        super().__init__(*args, **kwargs)
        assignee = field_of(self, "assignee", forms.ModelChoiceField)
        assignee.queryset = colleagues(also=self.instance.assignee_id)
        assignee.empty_label = str(_("Nobody"))
        self.fields["title"].widget.attrs["autofocus"] = True
        self.initial["version"] = self.instance.version


class DocumentForm(forms.Form):
    """A file with what it is; the domain looks at its content."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        allow_empty_file=True,
        help_text=_("%(endings)s; up to %(limit)s MB.")
        % {"endings": ", ".join(sorted(FILE_TYPES)), "limit": MAX_MEGABYTES},
        widget=forms.FileInput({"data-max-megabytes": MAX_MEGABYTES}),
    )
    kind = forms.ChoiceField(label=_("Type"), choices=DocumentKind.choices)
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("Empty: the name of the file. The title of a document that is here adds a version to it."),
    )
    expires_on = forms.DateField(label=_("Expires"), required=False, widget=_day())
    audience = forms.ChoiceField(
        label=_("Who may open it"), choices=DocumentAudience.choices, initial=DocumentAudience.DEAL
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the browser offer files of the right types first."""
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ",".join(f".{ending}" for ending in FILE_TYPES)


class DocumentFactsForm(forms.ModelForm):
    """When a document expires, and who may open it."""

    class Meta:
        model = Document
        fields = ["expires_on", "audience"]
        widgets = {"expires_on": _day()}


class ApprovalForm(forms.ModelForm):
    """A regulator's decision and its dates."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    jurisdiction = forms.ChoiceField(label=_("Jurisdiction"), required=False)

    class Meta:
        model = Approval
        fields = [
            "regime",
            "authority",
            "jurisdiction",
            "status",
            "file_by_on",
            "filed_on",
            "decision_due_on",
            "decided_on",
            "expires_on",
            "document",
            "conditions",
        ]
        widgets = {
            name: _day() for name in ("file_by_on", "filed_on", "decision_due_on", "decided_on", "expires_on")
        } | {"conditions": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, deal: Deal, user: User, **kwargs: Any) -> None:
        """Offer the documents of the deal that the user may open."""
        super().__init__(*args, **kwargs)
        names = sorted(country_names("en").items(), key=lambda pair: pair[1])
        field_of(self, "jurisdiction", forms.ChoiceField).choices = [("", "–"), *names]
        field_of(self, "document", forms.ModelChoiceField).queryset = (
            Document.objects.visible_to(user).filter(deal=deal).order_by("title", "pk")
        )
        self.initial["version"] = self.instance.version

    @property
    def values(self) -> dict[str, Any]:
        """The validated values of the approval's own fields."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class PlantLinkForm(forms.Form):
    """A plant from the directory, or the name of a new one."""

    plant = forms.ModelChoiceField(
        label=_("Plant"), queryset=Plant.objects.none(), required=False, widget=forms.Select({"data-select": ""})
    )
    new_name = forms.CharField(
        label=_("Or a new plant named"), max_length=200, required=False, validators=[validate_visible]
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        """Offer the plants in use that the deal does not have yet."""
        super().__init__(*args, **kwargs)
        free = Plant.objects.filter(archived_at__isnull=True).exclude(deal_plants__deal=deal)
        field_of(self, "plant", forms.ModelChoiceField).queryset = free.order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("plant")) == bool(cleaned.get("new_name")) and not self.errors:
            self.add_error("plant", _("Choose a plant, or name a new one."))
        return cleaned


class ContactLinkForm(forms.Form):
    """A contact from the company, or a new one, and their role."""

    role = forms.ChoiceField(label=_("Role"), choices=ContactRole.choices)
    contact = forms.ModelChoiceField(
        label=_("Contact"), queryset=Contact.objects.none(), required=False, widget=forms.Select({"data-select": ""})
    )
    new_name = forms.CharField(label=_("Or a new contact named"), max_length=120, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        """Offer the contacts of the deal's company, of its parent and of its children."""
        super().__init__(*args, **kwargs)
        company = deal.company
        related = {company.pk, company.parent_id, *company.children.values_list("pk", flat=True)} - {None}
        people = Contact.objects.filter(company__in=related, archived_at__isnull=True)
        field_of(self, "contact", forms.ModelChoiceField).queryset = people.order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("contact")) == bool(cleaned.get("new_name")) and not self.errors:
            self.add_error("contact", _("Choose a contact, or name a new one."))
        return cleaned


class MemberForm(forms.Form):
    """A colleague for the team."""

    user = forms.ModelChoiceField(
        label=_("Colleague"), queryset=User.objects.none(), widget=forms.Select({"data-select": ""})
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        """Offer the active colleagues who are not in the team yet."""
        super().__init__(*args, **kwargs)
        field_of(self, "user", forms.ModelChoiceField).queryset = colleagues().exclude(team_memberships__deal=deal)
