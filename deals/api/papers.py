"""Approvals and documents as resources."""

from collections.abc import Sequence
from typing import Any

from django.core.files.base import File
from django.db import models

from accounts.models import User
from deals.api.files import DocumentFileView, DocumentListView
from deals.domain.approvals import add_approval, change_approval
from deals.domain.documents import add_document, change_document, delete_document
from deals.enums import ApprovalStatus, DocumentAudience, DocumentKind
from deals.filters import ApprovalFilter, DocumentFilter
from deals.models import Approval, Document
from lrs_tracker.api.reading import choice, date, integer, key, link, seen, text
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Text, Upload, Writer
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visibility import Viewer

_APPROVAL_FACTS = [
    "regime",
    "authority",
    "jurisdiction",
    "status",
    "file_by_on",
    "filed_on",
    "decision_due_on",
    "decided_on",
    "expires_on",
    "conditions",
    "document",
]


class ApprovalCreator(Writer):
    """An approval that a deal needs."""

    class Meta:
        model = Approval
        fields = ["deal", *_APPROVAL_FACTS]


class ApprovalChanger(Writer):
    """Its status and dates."""

    class Meta:
        model = Approval
        fields = _APPROVAL_FACTS


@register
class Approvals(Resource):
    """Regulators' decisions."""

    name = "approvals"
    singular = "approval"
    title = "Approvals"
    description = "A regulator's decision that a deal needs. A status has its date: filed, decided."
    model = Approval
    members = versioned(
        {
            "deal": key("deal_id"),
            "regime": text("regime"),
            "authority": text("authority"),
            "jurisdiction": text("jurisdiction"),
            "status": choice("status", ApprovalStatus),
            "file_by_on": date("file_by_on"),
            "filed_on": date("filed_on"),
            "decision_due_on": date("decision_due_on"),
            "decided_on": date("decided_on"),
            "expires_on": date("expires_on"),
            "conditions": text("conditions"),
            "document": link("seen_document"),
        }
    )
    filters = ApprovalFilter
    orders = {"regime": "regime", "created_at": "created_at"}
    includes = {"deal": Include("deal", "deals"), "document": Include("document", "documents")}
    creator = ApprovalCreator
    changer = ApprovalChanger
    domain = DomainFunctions(create=add_approval, change=change_approval)

    def visible(self, user: Viewer) -> models.QuerySet[Any]:
        """Return the approvals that exist for a user, with the documents that do."""
        return super().visible(user).annotate(seen_document=seen_document(user))


def seen_document(user: Viewer) -> models.Case | models.F:
    """Return the id of a row's document, as far as it exists for a user."""
    sees_all = user.has_perm("deals.see_confidential_deal")
    return models.F("document_id") if sees_all else seen("document", Document.objects.visible_to(user))


class DocumentCreator(Writer):
    """A file with what is known of it, as a form. Without a title it takes that of the file."""

    title = Text(max_length=200, required=False, allow_blank=True)
    file = Upload()

    class Meta:
        model = Document
        fields = ["deal", "kind", "title", "expires_on", "audience", "file"]


class DocumentChanger(Writer):
    """When a document expires, and who may open it."""

    class Meta:
        model = Document
        fields = ["expires_on", "audience"]


def _add_document(*, file: File, by: User, **values: Any) -> Document:
    known = {"title": "", "expires_on": None, "audience": DocumentAudience.DEAL}
    return add_document(upload=file, by=by, **{**known, **values})


@register
class Documents(Resource):
    """Files of deals."""

    name = "documents"
    singular = "document"
    title = "Documents"
    description = (
        "A file of a deal. The next version of a document has the same deal, type and title, and the next number. "
        "Documents that only the team may open do not exist for others."
    )
    model = Document
    members = versioned(
        {
            "deal": key("deal_id"),
            "kind": choice("kind", DocumentKind),
            "title": text("title"),
            "number": integer("number"),
            "file_name": text("file_name"),
            "content_type": text("content_type"),
            "size_bytes": integer("size_bytes"),
            "sha256": text("sha256"),
            "expires_on": date("expires_on"),
            "audience": choice("audience", DocumentAudience),
            "uploaded_by": link("uploaded_by_id"),
        }
    )
    filters = DocumentFilter
    orders = {"title": "title", "created_at": "created_at"}
    includes = {"deal": Include("deal", "deals")}
    creator = DocumentCreator
    changer = DocumentChanger
    domain = DomainFunctions(create=_add_document, change=change_document, delete=delete_document)
    list_view = DocumentListView
    actions = {"file": DocumentFileView}

    @property
    def bulk_operations(self) -> Sequence[str]:  # type: ignore[override]  # a file is no JSON
        """All but creating: a file does not go into a list of operations."""
        return ["update", "delete"]
