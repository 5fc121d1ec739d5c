"""Documents."""

import uuid
from pathlib import PurePath
from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.enums import DocumentAudience, DocumentKind
from deals.models.deals import Deal, DealPartQuerySet, DealTeamMember
from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer


def stored_name(document: "Document", file_name: str) -> str:
    """Return where a file is kept: never under the name that the uploader chose."""
    return f"documents/{uuid.uuid4().hex}{PurePath(file_name).suffix.lower()[:10]}"


class DocumentQuerySet(DealPartQuerySet):
    """Queries over documents."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the documents that `user` may open: those of visible deals, and of the own team when restricted."""
        documents = super().visible_to(user)
        if user.has_perm("deals.see_confidential_deal"):
            return documents
        in_team = models.Exists(DealTeamMember.objects.filter(deal=models.OuterRef("deal"), user_id=user.pk))
        return documents.filter(models.Q(audience=DocumentAudience.DEAL) | models.Q(deal__owner_id=user.pk) | in_team)


class Document(VersionedModel):
    """A file of a deal. A new version of the same document has the same kind and title, and the next number.

    `readers` are the keys of those who alone may see it by its audience and deal, null for everybody; the database
    keeps them, so that the change log tells when they change.
    """

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(_("type"), max_length=16, choices=DocumentKind)
    title = models.CharField(_("title"), max_length=200)
    number = models.PositiveSmallIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    file = models.FileField(_("file"), upload_to=stored_name, max_length=200)
    file_name = models.CharField(_("file name"), max_length=200, editable=False)
    content_type = models.CharField(_("file type"), max_length=120, editable=False)
    size_bytes = models.PositiveBigIntegerField(_("size, bytes"), editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    expires_on = models.DateField(_("expires"), null=True, blank=True, validators=[validate_plausible_date])
    audience = models.CharField(
        _("who may open it"), max_length=8, choices=DocumentAudience, default=DocumentAudience.DEAL
    )
    readers = ArrayField(
        models.BigIntegerField(), verbose_name=_("who alone may see it"), null=True, blank=True, editable=False
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "kind", "title", "number"], name="%(app_label)s_%(class)s_version_unique"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="%(app_label)s_%(class)s_title_not_blank"),
            models.CheckConstraint(
                condition=models.Q(kind__in=DocumentKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(audience__in=DocumentAudience.values), name="%(app_label)s_%(class)s_audience_known"
            ),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_sha256"
            ),
            models.CheckConstraint(
                condition=plausible_dates("expires_on"), name="%(app_label)s_%(class)s_date_plausible"
            ),
        ]
        triggers = [
            bump_version(ignoring=["readers"]),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("audience", "deal_id"),
                func=f"""
                    PERFORM 1 FROM deals_deal WHERE id = NEW.deal_id FOR NO KEY UPDATE;
                    NEW.readers = deals_readers(NEW.deal_id, NEW.audience = '{DocumentAudience.TEAM}');
                    RETURN NEW;
                """,  # constant
            ),
            ChangeTrigger("document", parent=("deal", "deal_id"), hidden=("file",)),
            TellTrigger(
                "tell_file",
                {"document": "SELECT NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("file"),
            ),
            # They name it to those who may see it.
            TellTrigger(
                "tell_approvals",
                {"approval": "SELECT id FROM deals_approval WHERE document_id = NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("readers"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the checked download."""
        return reverse("deals:document_download", args=[self.deal.code, self.pk])
