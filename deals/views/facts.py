"""Changing one key fact of a deal where it stands."""

import re

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.deals import StaleDealError, change_deal
from deals.forms.facts import FactForm
from deals.models import Deal
from deals.views.deal_pages import answer, deal_view, submit
from deals.views.fact_rows import FACTS, label_of

_PLACE = re.compile(r"gate-[0-9]{1,18}")


@deal_view("GET", "HEAD", "POST", permission="deals.change_deal")
def edit_fact(request: UserRequest, deal: Deal, name: str) -> HttpResponse:
    """Show and save the form of a fact; `at` names the checklist item that it is shown in."""
    if name not in FACTS:
        raise Http404
    label, stored = label_of(name), Deal.objects.get(pk=deal.pk)
    form = FactForm(request.POST or None, instance=stored, names=FACTS[name])
    if request.method == "POST" and _save(request, deal, form):
        return answer(request, deal, _("%(fact)s is saved.") % {"fact": label})
    at = request.GET.get("at", "")
    place = f"{at}-form" if _PLACE.fullmatch(at) else f"field-{name}"
    template = "fact_form.html" if request.htmx else "fact_page.html"
    return render(
        request,
        f"deals/workspace/{template}",
        {"deal": deal, "form": form, "name": name, "label": label, "place": place, "in_list": place == f"field-{name}"},
        status=422 if form.errors else 200,
    )


def _save(request: UserRequest, deal: Deal, form: FactForm) -> bool:
    def change() -> Deal | None:
        try:
            return change_deal(
                deal=deal,
                changes=form.changes,
                by=request.user,
                expected_version=form.cleaned_data["version"],
                seen=form.seen,
            )
        except StaleDealError as stale:
            form.show_both(stale)
            return None

    return submit(form, change) is not None
