"""Documents of a deal: kept in versions, checked when they come in and each time they go out."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.deals import lock_deal
from deals.enums import DocumentAudience, DocumentKind
from deals.models import Deal, Document
from lrs_tracker.file_types import check_file_name, check_file_type
from lrs_tracker.problems import DomainError, PermissionRefusedError

MAX_MEGABYTES = 25
MAX_BYTES = MAX_MEGABYTES * 1024 * 1024


@transaction.atomic
def add_document(
    *,
    deal: Deal,
    kind: DocumentKind,
    title: str,
    upload: File,
    expires_on: dt.date | None,
    audience: DocumentAudience,
    by: User,
) -> Document:
    """Keep a file with a deal, as the next version of the document of this type and title.

    Raise DomainError for a file that is empty, too large, of a type that is not allowed, not what its name says,
    or the same as an earlier version; PermissionRefusedError without the permission.
    """
    if not by.has_perm("deals.add_document"):
        raise PermissionRefusedError(_("Your role cannot add documents."))
    name = check_file_name(upload.name or "")
    if not upload.size:
        raise DomainError(_("This file is empty."), field="file")
    if upload.size > MAX_BYTES:
        raise DomainError(_("This file is larger than %(limit)s MB.") % {"limit": MAX_MEGABYTES}, field="file")
    file_type = check_file_type(name, upload)
    sha256 = _sha256_of(upload)
    deal = lock_deal(deal)
    title = title.strip() or name.rsplit(".", 1)[0]
    document = Document(
        deal=deal,
        kind=kind,
        title=title,
        number=_next_number(deal, kind, title, sha256),
        file_name=name,
        content_type=file_type.content_type,
        size_bytes=upload.size,
        sha256=sha256,
        expires_on=expires_on,
        audience=audience,
        uploaded_by=by,
    )
    document.full_clean(exclude=["deal", "file"])
    _refuse_locking_out(document, by)
    _save(document, upload)
    return document


@transaction.atomic
def change_document(
    *, document: Document, expires_on: dt.date | None, audience: DocumentAudience, by: User
) -> Document:
    """Change when a document expires and who may open it."""
    if not by.has_perm("deals.change_document"):
        raise PermissionRefusedError(_("Your role cannot change documents."))
    document = Document.objects.select_for_update(of=("self",)).select_related("deal").get(pk=document.pk)
    document.expires_on, document.audience = expires_on, audience
    document.full_clean(exclude=["deal", "file", "uploaded_by"])
    _refuse_locking_out(document, by)
    document.save(update_fields=["expires_on", "audience"])
    return document


@transaction.atomic
def delete_document(*, document: Document, by: User) -> None:
    """Remove a version of a document with its file, for managers. The change log keeps that it was there."""
    if not by.has_perm("deals.delete_document"):
        raise PermissionRefusedError(_("Only managers remove documents."))
    storage, name = document.file.storage, str(document.file)
    document.delete()
    transaction.on_commit(lambda: storage.delete(name))


def keep_unseen_document(values: Mapping[str, Any], *, row: models.Model, by: User) -> Mapping[str, Any]:
    """Return values for a row with a document, without “none” where it has one that `by` may not open.

    To them it looks like none: who sends back what they were shown must not take it off.
    """
    if values.get("document", row) is not None:
        return values
    rows = type(row)._base_manager.filter(pk=row.pk, document__isnull=False)
    unseen = rows.exclude(document__in=Document.objects.visible_to(by)).exists()
    return {name: value for name, value in values.items() if name != "document"} if unseen else values


def _sha256_of(upload: File) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def _next_number(deal: Deal, kind: DocumentKind, title: str, sha256: str) -> int:
    versions = Document.objects.filter(deal=deal, kind=kind, title=title)
    same = versions.filter(sha256=sha256).first()
    if same is not None:
        message = _("This is the same file as version %(number)s of “%(title)s”.")
        raise DomainError(message % {"number": same.number, "title": title}, field="file")
    return (versions.aggregate(last=models.Max("number"))["last"] or 0) + 1


def _refuse_locking_out(document: Document, by: User) -> None:
    deal = document.deal
    if document.audience == DocumentAudience.DEAL or deal.owner_id == by.pk:
        return
    if not by.has_perm("deals.see_confidential_deal") and not deal.team_members.filter(user=by).exists():
        message = _("You are not in the team of this deal, so you could not open it yourself.")
        raise DomainError(message, field="audience")


def _save(document: Document, upload: File) -> None:
    """Save the file, then the row; a file whose row is refused does not stay behind."""
    document.file.save(document.file_name, upload, save=False)
    try:
        with transaction.atomic():
            document.save()
    except Exception:
        document.file.delete(save=False)
        raise
