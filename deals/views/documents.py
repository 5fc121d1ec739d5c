"""Documents of a deal: upload, checked download, expiry and audience."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.documents import add_document, change_document, delete_document
from deals.forms.parts import DocumentFactsForm, DocumentForm
from deals.models import Deal, Document
from deals.views.deal_pages import answer, deal_view, show_form, submit
from lrs_tracker.downloads import stored_file_response


@deal_view("GET", "HEAD", "POST", permission="deals.add_document")
def upload(request: UserRequest, deal: Deal) -> HttpResponse:
    """Keep a file with the deal."""
    initial = {"kind": request.GET.get("kind", ""), "title": request.GET.get("title", "")}
    form = DocumentForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST":
        document = submit(form, lambda: _add(request, deal, form))
        if document is not None:
            text = _("%(title)s, version %(number)s, is here.") % {"title": document, "number": document.number}
            return answer(request, deal, text, tab="documents")
    return show_form(request, deal, form, title=_("Upload a document"), submit_label=_("Upload"))


@deal_view("GET", "HEAD")
def download(request: UserRequest, deal: Deal, document_id: int) -> FileResponse:
    """Hand out a file to who may open it, now."""
    document = _document_of(request, deal, document_id)
    return stored_file_response(document.file, file_name=document.file_name, content_type=document.content_type)


@deal_view("GET", "HEAD", "POST", permission="deals.change_document")
def change(request: UserRequest, deal: Deal, document_id: int) -> HttpResponse:
    """Change when a document expires and who may open it."""
    document = _document_of(request, deal, document_id)
    form = DocumentFactsForm(request.POST or None, instance=document)
    if request.method == "POST":
        saved = submit(form, lambda: change_document(document=document, by=request.user, **form.cleaned_data))
        if saved is not None:
            return answer(request, deal, _("%(title)s is saved.") % {"title": saved}, tab="documents")
    return show_form(request, deal, form, title=document.title, submit_label=_("Save"))


@deal_view("POST", permission="deals.delete_document")
def delete(request: UserRequest, deal: Deal, document_id: int) -> HttpResponse:
    """Remove a version of a document."""
    document = _document_of(request, deal, document_id)
    delete_document(document=document, by=request.user)
    return answer(request, deal, _("%(title)s is removed.") % {"title": document}, tab="documents")


def _document_of(request: UserRequest, deal: Deal, document_id: int) -> Document:
    return get_object_or_404(Document.objects.visible_to(request.user), pk=document_id, deal=deal)


def _add(request: UserRequest, deal: Deal, form: DocumentForm) -> Document:
    values = dict(form.cleaned_data)
    return add_document(deal=deal, upload=values.pop("file"), by=request.user, **values)
