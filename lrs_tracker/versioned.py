"""The bookkeeping that every synced model carries."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class VersionedModel(models.Model):
    """A row with a version that the database raises on every change (see `bump_version`)."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated"), db_default=Now(), editable=False)

    class Meta:
        abstract = True
