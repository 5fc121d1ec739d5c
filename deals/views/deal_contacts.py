"""Contacts of a deal and their roles."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.contacts import add_deal_contact, add_new_contact, remove_deal_contact
from deals.forms.parts import ContactLinkForm
from deals.models import Deal, DealContact
from deals.views.deal_pages import answer, deal_view, show_form, submit


@deal_view("GET", "HEAD", "POST", permission="deals.add_dealcontact")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Give a contact of the company, or a new one, a role."""
    form = ContactLinkForm(request.POST or None, deal=deal, initial={"role": request.GET.get("role", "")})
    if request.method == "POST":
        link = submit(form, lambda: _add(request, deal, form))
        if link is not None:
            text = _("%(contact)s is in as %(role)s.")
            words = {"contact": link.contact, "role": link.get_role_display().lower()}
            return answer(request, deal, text % words, tab="contacts")
    return show_form(request, deal, form, title=_("Add a contact"), submit_label=_("Add"))


@deal_view("POST", permission="deals.delete_dealcontact")
def remove(request: UserRequest, deal: Deal, link_id: int) -> HttpResponse:
    """Take a contact's role away."""
    link = get_object_or_404(DealContact.objects.select_related("contact"), pk=link_id, deal=deal)
    remove_deal_contact(link=link, by=request.user)
    return answer(
        request, deal, _("%(contact)s is no longer in this deal.") % {"contact": link.contact}, tab="contacts"
    )


def _add(request: UserRequest, deal: Deal, form: ContactLinkForm) -> DealContact:
    typed = form.cleaned_data
    if typed["contact"] is not None:
        return add_deal_contact(deal=deal, contact=typed["contact"], role=typed["role"], by=request.user)
    return add_new_contact(
        deal=deal,
        name=typed["new_name"],
        job_title=typed["job_title"],
        email=typed["email"],
        role=typed["role"],
        by=request.user,
    )
