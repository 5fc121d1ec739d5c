"""Entering, changing, ordering and removing term sheets, and saving one as a draft agreement."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.models import Deal
from deals.views.deal_pages import deal_view
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError, StaleVersionError
from royalties.domain.sandbox_from_agreement import terms_of_agreement
from royalties.domain.sandbox_quantities import scenario_of
from royalties.domain.sandbox_ramps import read_plants
from royalties.domain.sandbox_terms import blank_terms
from royalties.domain.term_sheets import (
    change_term_sheet,
    create_term_sheet,
    delete_term_sheet,
    duplicate_term_sheet,
    move_term_sheet,
    rename_term_sheet,
)
from royalties.domain.term_sheets_agreement import save_as_draft
from royalties.engine.problems import Problem, ScenarioError, first_of_each_field
from royalties.forms.sandbox import DraftForm, SheetNameForm
from royalties.forms.sandbox_document import MOST_TERMS, DocumentForms
from royalties.models import Agreement, TermSheet
from royalties.views.calculator import Calculator, change_terms, show_scenario
from royalties.views.part_actions import run_action
from royalties.views.sandbox import sandbox_of, trail_of

_FORM = ("GET", "HEAD", "POST")


@deal_view(*_FORM, permission="royalties.add_termsheet")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Add a version: blank, or begun from another (`?sheet=`) or from an agreement of the deal (`?agreement=`)."""
    if request.method == "POST":
        return _answer(request, deal, None)
    name, terms, notes = _begin(request, deal)
    return _show(request, deal, SheetNameForm(initial={"name": name}), _forms(deal, document=terms), notes=notes)


@deal_view(*_FORM, permission="royalties.change_termsheet")
def edit(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponse:
    """Change a version."""
    sheet = _sheet_or_404(deal, sheet_pk)
    if request.method == "POST":
        return _answer(request, deal, sheet)
    document = sheet.terms if isinstance(sheet.terms, dict) else {}
    name = SheetNameForm(initial={"name": sheet.name, "version": sheet.version})
    return _show(request, deal, name, _forms(deal, document=document), sheet=sheet)


@deal_view(*_FORM, permission="royalties.change_termsheet")
def rename(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponse:
    """Give a version another name."""
    sheet = _sheet_or_404(deal, sheet_pk)
    form = SheetNameForm(request.POST or None, initial={"name": sheet.name, "version": sheet.version})
    if request.method == "POST":
        renamed = submit(
            form,
            lambda: rename_term_sheet(
                sheet=sheet,
                name=form.cleaned_data["name"],
                expected_version=form.cleaned_data["version"],
                by=request.user,
            ),
        )
        if renamed is not None:
            return leave_form(request, sandbox_of(deal), _("The version is renamed."))
    return show_form(request, form, title=_("Rename %(name)s") % {"name": sheet.name}, back=sandbox_of(deal))


@deal_view("POST", permission="royalties.add_termsheet")
def duplicate(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponseBase:
    """Add a copy of a version."""
    sheet = _sheet_or_404(deal, sheet_pk)
    done = _("“%(name)s” is copied.") % {"name": sheet.name}
    return run_action(
        request, lambda: duplicate_term_sheet(sheet=sheet, by=request.user), done=done, back=sandbox_of(deal)
    )


@deal_view("POST", permission="royalties.change_termsheet")
def move(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponseBase:
    """Move a version one place to the left or to the right."""
    sheet = _sheet_or_404(deal, sheet_pk)
    places = -1 if request.POST.get("to") == "left" else 1
    done = _("“%(name)s” is moved.") % {"name": sheet.name}
    return run_action(
        request,
        lambda: move_term_sheet(sheet=sheet, places=places, by=request.user),
        done=done,
        back=sandbox_of(deal),
    )


@deal_view("POST", permission="royalties.delete_termsheet")
def delete(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponseBase:
    """Delete a version."""
    sheet = _sheet_or_404(deal, sheet_pk)
    done = _("“%(name)s” is deleted.") % {"name": sheet.name}
    return run_action(
        request, lambda: delete_term_sheet(sheet=sheet, by=request.user), done=done, back=sandbox_of(deal)
    )


@deal_view(*_FORM, permission="royalties.add_agreement")
def save_draft(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponse:
    """Save a version as the draft of an agreement."""
    sheet = _sheet_or_404(deal, sheet_pk)
    form = DraftForm(request.POST or None, user=request.user, initial={"title": deal.title, "version": sheet.version})
    if request.method == "POST":
        agreement = submit(
            form,
            lambda: save_as_draft(
                sheet=sheet,
                title=form.cleaned_data["title"],
                licensor=form.cleaned_data["licensor"],
                plants=read_plants(deal, viewer=request.user),
                expected_version=form.cleaned_data["version"],
                by=request.user,
            ),
        )
        if agreement is not None:
            done = _("%(agreement)s is drafted from “%(name)s”.") % {"agreement": agreement.code, "name": sheet.name}
            return leave_form(request, agreement.get_absolute_url(), done)
    return show_form(
        request,
        form,
        title=_("Draft agreement from %(name)s") % {"name": sheet.name},
        back=sandbox_of(deal),
        submit_label=_("Save as draft agreement"),
    )


@deal_view("GET", "HEAD", permission="royalties.view_termsheet")
def try_quantities(request: UserRequest, deal: Deal, sheet_pk: int) -> HttpResponse:
    """Show the calculator with a version's terms and what the plants are planned to make in the first year."""
    sheet = _sheet_or_404(deal, sheet_pk)
    plants = read_plants(deal, viewer=request.user)
    try:
        scenario = scenario_of(sheet.terms, plants=plants, chemistry=deal.chemistry)
    except ScenarioError as error:
        messages.error(request, str(error))
        return redirect("royalties:sandbox", pk=deal.pk)
    calculator = Calculator.of(scenario, "form")
    calculator.run(scenario)
    return show_scenario(request, calculator)


def _sheet_or_404(deal: Deal, pk: int) -> TermSheet:
    sheet = get_object_or_404(TermSheet.objects.filter(deal=deal), pk=pk)
    sheet.deal = deal
    return sheet


def _forms(deal: Deal, data: Any = None, document: dict[str, Any] | None = None) -> DocumentForms:
    plants = [(str(pk), name) for pk, name in deal.plants.order_by("name", "pk").values_list("pk", "name")]
    return DocumentForms(data, document=document, plants=plants)


def _begin(request: UserRequest, deal: Deal) -> tuple[str, dict[str, Any], list[str]]:
    """Return the name, the terms and what is to be said of them for a new version."""
    if named := request.GET.get("sheet"):
        sheet = _sheet_or_404(deal, _key(named))
        return "", sheet.terms if isinstance(sheet.terms, dict) else {}, []
    if named := request.GET.get("agreement"):
        agreements = Agreement.objects.visible_to(request.user).filter(deal=deal, effective_on__isnull=False)
        agreement = get_object_or_404(agreements, pk=_key(named))
        return agreement.title[:80], *terms_of_agreement(agreement)
    currency = deal.currency or request.user.currency
    day = deal.effective_on or deal.expected_effective_on or request.today
    return "", blank_terms(currency=currency, effective_on=day), []


def _key(named: str) -> int:
    if not (named.isascii() and named.isdigit() and len(named) < 10):
        raise Http404
    return int(named)


def _answer(request: UserRequest, deal: Deal, sheet: TermSheet | None) -> HttpResponse:
    name = SheetNameForm(request.POST)
    forms = _forms(deal, data=request.POST)
    readable = forms.is_readable()
    terms = forms.document()
    if "add" in request.POST or "remove" in request.POST:
        changed = _forms(deal, document=change_terms(terms, request))
        return _show(request, deal, SheetNameForm(initial=request.POST.dict()), changed, sheet=sheet)
    problems: list[Problem] = list(forms.misread)
    if name.is_valid() and readable and not problems:
        try:
            saved = _save(request, deal, sheet, name.cleaned_data, terms)
        except ScenarioError as error:
            problems += error.problems
        except StaleVersionError as error:
            name.data = {**request.POST.dict(), "version": "" if sheet is None else str(sheet.version)}
            name.add_error(None, f"{error.message} {_('Save again to keep what you typed here.')}")
        except DomainError as error:
            name.add_error(error.field if error.field in name.fields else None, str(error.message))
        else:
            return leave_form(request, sandbox_of(deal), _("“%(name)s” is saved.") % {"name": saved.name})
    forms.show(first_of_each_field(problems))
    return _show(request, deal, name, forms, sheet=sheet)


def _save(
    request: UserRequest, deal: Deal, sheet: TermSheet | None, named: dict[str, Any], terms: dict[str, Any]
) -> TermSheet:
    if sheet is None:
        return create_term_sheet(deal=deal, name=named["name"], terms=terms, by=request.user)
    return change_term_sheet(
        sheet=sheet, name=named["name"], terms=terms, expected_version=named["version"], by=request.user
    )


def _show(
    request: UserRequest,
    deal: Deal,
    name: SheetNameForm,
    forms: DocumentForms,
    *,
    sheet: TermSheet | None = None,
    notes: list[str] | None = None,
) -> HttpResponse:
    has_errors = name.is_bound and bool(name.errors or any(form.errors for form in forms.all))
    return render(
        request,
        "royalties/sandbox_sheet.html",
        {
            "deal": deal,
            "sheet": sheet,
            "trail": trail_of(deal),
            "name_form": name,
            "forms": forms,
            "notes": notes or [],
            "has_errors": has_errors,
            "most_terms": MOST_TERMS,
            "back": sandbox_of(deal),
        },
        status=422 if has_errors else 200,
    )
