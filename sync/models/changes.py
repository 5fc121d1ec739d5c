"""The change log."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import Viewer
from sync import registry
from sync.enums import Channel, Operation

# What orders the feed, before the row. A transaction takes its number early and may change an object long after a later
# one did that has ended; its change is then told after that one's.
FEED_TRANSACTION = Greatest("transaction_id", "written_after")


class ChangeQuerySet(models.QuerySet["Change"]):
    """Queries over the change log."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the changes of objects that `user` may see."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        condition = models.Q(pk__in=[])
        for name, visible_ids in registry.visible_ids(user):
            condition |= models.Q(resource=name, parent_resource="", object_id__in=visible_ids)
            condition |= models.Q(parent_resource=name, parent_id__in=visible_ids)
        return self.filter(condition)

    def in_feed_order(self) -> Self:
        """Order the changes as the feed tells them, and add `feed_transaction`."""
        return self.annotate(feed_transaction=FEED_TRANSACTION).order_by("feed_transaction", "pk")

    def of(self, resource: str, object_id: int | Combinable) -> Self:
        """Return the changes of an object and of the rows that belong to it."""
        return self.filter(
            models.Q(resource=resource, object_id=object_id) | models.Q(parent_resource=resource, parent_id=object_id)
        )


class Change(models.Model):
    """One changed row, written by a trigger in the transaction that changed it. Never edited.

    `fields` maps each changed column to `[old, new]`. The greater of `transaction_id` and `written_after`, the latest
    transaction that had ended when the row was written, orders the feed (see `sync.domain.feed`); `parent_*` names the
    object whose timeline shows the change.
    """

    transaction_id = models.BigIntegerField(_("transaction"), editable=False)
    written_after = models.BigIntegerField(_("written after transaction"), db_default=0, editable=False)
    resource = models.CharField(_("resource"), max_length=40, editable=False)
    object_id = models.BigIntegerField(_("object"), editable=False)
    parent_resource = models.CharField(_("belongs to resource"), max_length=40, default="", editable=False)
    parent_id = models.BigIntegerField(_("belongs to object"), null=True, editable=False)
    operation = models.CharField(_("operation"), max_length=6, choices=Operation, editable=False)
    fields = models.JSONField(_("fields"), default=dict, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        null=True,
        on_delete=models.DO_NOTHING,
        # A log must accept whatever plain SQL did, even with an actor that does not exist.
        db_constraint=False,
        related_name="+",
        editable=False,
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, editable=False)
    request_id = models.CharField(_("request"), max_length=64, default="", editable=False)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            # The live board and undoing: what transactions did.
            models.Index(fields=["transaction_id", "id"], name="sync_change_feed"),
            # The feed: changes after a cursor.
            models.Index(FEED_TRANSACTION, "id", name="sync_change_order"),
            # The timeline of an object, and of what belongs to it.
            models.Index(fields=["resource", "object_id", "-id"], name="sync_change_object"),
            models.Index(
                fields=["parent_resource", "parent_id", "-id"],
                name="sync_change_parent",
                condition=models.Q(parent_id__isnull=False),
            ),
            # What changed since someone last looked.
            models.Index(fields=["-at", "-id"], name="sync_change_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.resource} {self.object_id}"
