"""A company's page, and creating, changing and archiving companies."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from companies.domain.companies import archive_company, change_company, create_company, restore_company
from companies.domain.directory import companies_above
from companies.domain.facts import group_facts
from companies.forms.companies import CompanyForm
from companies.models import Company
from companies.panels import panels
from lrs_tracker.form_pages import leave_form, show_form, submit
from sync.domain.timeline import timeline_of

CHANGES_SHOWN = 8


@login_required
@require_safe
def show_company(request: UserRequest, pk: int) -> HttpResponse:
    """Show a company with its contacts, facts, children and what other apps know of it."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    contacts = list(company.contacts.visible_to(request.user).order_by("name", "pk"))
    return render(
        request,
        "companies/detail.html",
        {
            "company": company,
            "trail": [
                {"label": _("Companies"), "url": reverse("companies:list")},
                *({"label": above.name, "url": above.get_absolute_url()} for above in companies_above(company)),
            ],
            "contacts": [contact for contact in contacts if contact.archived_at is None],
            "archived_contacts": [contact for contact in contacts if contact.archived_at is not None],
            "groups": group_facts(company.facts.visible_to(request.user)),
            "children": company.children.visible_to(request.user).order_by("name", "pk"),
            "panels": panels.shown(company, request.user),
            "entries": timeline_of("company", company.pk, viewer=request.user, size=CHANGES_SHOWN).entries,
        },
    )


@login_required
@permission_required("companies.add_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add_company(request: UserRequest) -> HttpResponse:
    """Create a company, after a look at similar names."""
    form = CompanyForm(request.POST or None, user=request.user, initial={"parent": request.GET.get("parent")})
    if request.method == "POST":
        company = submit(form, lambda: create_company(values=form.values, by=request.user))
        if company is not None:
            return leave_form(
                request, company.get_absolute_url(), _("%(company)s is in the directory.") % {"company": company}
            )
    return show_form(
        request,
        form,
        title=_("New company"),
        back=reverse("companies:list"),
        submit_label=_("Create company"),
        template="companies/edit",
    )


@login_required
@permission_required("companies.change_company", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_company(request: UserRequest, pk: int) -> HttpResponse:
    """Change a company's fields and its parent."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    name, back = company.name, company.get_absolute_url()
    form = CompanyForm(request.POST or None, instance=company, user=request.user)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_company(
                company=company, values=form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if saved is not None:
            return leave_form(request, back, _("%(company)s is saved.") % {"company": saved})
    return show_form(
        request, form, title=_("Edit %(company)s") % {"company": name}, back=back, template="companies/edit"
    )


@login_required
@permission_required("companies.change_company", raise_exception=True)
@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    """Take a company off the directory."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    archive_company(company=company, by=request.user, at=timezone.now())
    messages.success(request, _("%(company)s is archived. It can be restored here.") % {"company": company})
    return redirect(company)


@login_required
@permission_required("companies.change_company", raise_exception=True)
@require_POST
def restore(request: UserRequest, pk: int) -> HttpResponse:
    """Put a company back into the directory."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    restore_company(company=company, by=request.user)
    messages.success(request, _("%(company)s is back in the directory.") % {"company": company})
    return redirect(company)
