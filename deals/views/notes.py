"""Notes of a deal, and whom they can mention."""

from collections import Counter

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.notes import add_note, delete_note, edit_note, may_change_note
from deals.enums import NoteKind
from deals.forms.notes import NoteForm
from deals.forms.parts import colleagues
from deals.models import Deal, Note
from deals.views.deal_pages import answer, deal_view, show_form, submit

_MOST_PEOPLE = 6
_TITLES = {
    NoteKind.NOTE.value: _("Write a note"),
    NoteKind.MEETING.value: _("Log a meeting"),
    NoteKind.CALL.value: _("Log a call"),
    NoteKind.EMAIL.value: _("Log an e-mail"),
}


@deal_view("GET", "HEAD", "POST", permission="deals.add_note")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Record what was said or decided."""
    kind = request.GET.get("kind", NoteKind.NOTE.value)
    form = NoteForm(request.POST or None, initial={"kind": kind}, today=request.today)
    if request.method == "POST":
        note = submit(form, lambda: add_note(deal=deal, by=request.user, today=request.today, **form.cleaned_data))
        if note is not None:
            return answer(request, deal, _("%(kind)s added.") % {"kind": note.get_kind_display()})
    return show_form(request, deal, form, title=_TITLES.get(kind, _TITLES["note"]), submit_label=_("Save"))


@deal_view("GET", "HEAD", "POST")
def edit(request: UserRequest, deal: Deal, note_id: int) -> HttpResponse:
    """Change one's own note, or as a manager anyone's."""
    note = _note_to_change(request, deal, note_id)
    form = NoteForm(request.POST or None, instance=note, today=request.today)
    if request.method == "POST":
        saved = submit(form, lambda: edit_note(note=note, by=request.user, today=request.today, **form.cleaned_data))
        if saved is not None:
            return answer(request, deal, _("The note is saved."))
    return show_form(request, deal, form, title=_("Edit the note"), submit_label=_("Save"))


@deal_view("POST")
def delete(request: UserRequest, deal: Deal, note_id: int) -> HttpResponse:
    """Remove one's own note, or as a manager anyone's."""
    note = _note_to_change(request, deal, note_id)
    delete_note(note=note, by=request.user)
    return answer(request, deal, _("The note is removed."))


@deal_view("GET", "HEAD", permission="deals.add_note")
def suggest_people(request: UserRequest, deal: Deal) -> JsonResponse:
    """Return colleagues whose name or address begins like `q`, for an @mention."""
    typed = request.GET.get("q", "").replace("\x00", "")[:60]
    begins = Q(name__istartswith=typed) | Q(name__icontains=f" {typed}") | Q(email__istartswith=typed)
    people = list(colleagues().filter(begins)[:_MOST_PEOPLE])
    shared = Counter(user.name for user in people)
    found = [
        {"name": user.name, "email": user.email, "mention": user.email if shared[user.name] > 1 else user.name}
        for user in people
    ]
    return JsonResponse({"people": found})


def _note_to_change(request: UserRequest, deal: Deal, note_id: int) -> Note:
    note = get_object_or_404(Note, pk=note_id, deal=deal)
    if not may_change_note(author_id=note.author_id, by=request.user):
        raise PermissionDenied
    return note
