"""The ids that other systems use for our objects."""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger
from lrs_tracker.visibility import StaffQuerySet


class _RefTrigger(ChangeTrigger):
    """Record a ref as a part of the object that holds it, whatever that is."""

    def get_func(self, model: Any) -> str:
        """Return the call with the resource that the row names as its parent."""
        return (
            super()
            .get_func(model)
            .replace(
                "'external-ref', ''",
                "'external-ref', CASE WHEN TG_OP = 'DELETE' THEN OLD.resource ELSE NEW.resource END",
            )
            .replace(
                "RETURN NULL;",
                "IF OLD.resource <> NEW.resource THEN PERFORM sync_tell(OLD.resource, ARRAY[OLD.object_id]); END IF; "
                "RETURN NULL;",
            )
        )


class ExternalRef(models.Model):
    """The id of one of our objects in another system; no two objects hold the same one.

    The change-log trigger removes the refs of a deleted object.
    """

    resource = models.CharField(_("resource"), max_length=40)
    object_id = models.BigIntegerField(_("object"))
    system = models.SlugField(_("system"), max_length=40)
    external_id = models.CharField(_("id there"), max_length=200)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("external id")
        verbose_name_plural = _("external ids")
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "system", "external_id"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("Another object holds this external id."),
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id="") & ~models.Q(system=""), name="%(app_label)s_%(class)s_not_blank"
            ),
        ]
        # The refs of one object.
        indexes = [models.Index(fields=["resource", "object_id"], name="sync_externalref_object")]
        triggers = [_RefTrigger("external-ref", parent=("", "object_id"))]

    def __str__(self) -> str:
        return f"{self.system}:{self.external_id}"
