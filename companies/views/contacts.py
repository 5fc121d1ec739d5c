"""Adding, changing and archiving a company's contacts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from companies.domain.contacts import add_contact, archive_contact, change_contact, restore_contact
from companies.forms.contacts import ContactForm
from companies.models import Company, Contact
from lrs_tracker.form_pages import leave_form, show_form, submit


def _contact_or_404(request: UserRequest, pk: int, contact_pk: int) -> Contact:
    contacts = Contact.objects.visible_to(request.user).select_related("company")
    return get_object_or_404(contacts, pk=contact_pk, company_id=pk)


@login_required
@permission_required("companies.add_contact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Add a contact."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    # The form checks that the address is new in this company.
    form = ContactForm(request.POST or None, instance=Contact(company=company))
    if request.method == "POST":
        contact = submit(form, lambda: add_contact(company=company, values=form.values, by=request.user))
        if contact is not None:
            return leave_form(request, company.get_absolute_url(), _("%(contact)s is added.") % {"contact": contact})
    return show_form(
        request,
        form,
        title=_("New contact at %(company)s") % {"company": company},
        back=company.get_absolute_url(),
        submit_label=_("Add contact"),
    )


@login_required
@permission_required("companies.change_contact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Change a contact."""
    contact = _contact_or_404(request, pk, contact_pk)
    back = contact.company.get_absolute_url()
    title = _("Edit %(contact)s") % {"contact": contact}
    form = ContactForm(request.POST or None, instance=contact)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_contact(
                contact=contact, values=form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if saved is not None:
            return leave_form(request, back, _("%(contact)s is saved.") % {"contact": saved})
    return show_form(request, form, title=title, back=back)


@login_required
@permission_required("companies.change_contact", raise_exception=True)
@require_POST
def archive(request: UserRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Take a contact off the page."""
    contact = _contact_or_404(request, pk, contact_pk)
    archive_contact(contact=contact, by=request.user, at=timezone.now())
    messages.success(request, _("%(contact)s is archived.") % {"contact": contact})
    return redirect(contact.company)


@login_required
@permission_required("companies.change_contact", raise_exception=True)
@require_POST
def restore(request: UserRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Put a contact back."""
    contact = _contact_or_404(request, pk, contact_pk)
    restore_contact(contact=contact, by=request.user)
    messages.success(request, _("%(contact)s is back.") % {"contact": contact})
    return redirect(contact.company)
