"""Saved views of the board and the table."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.enums import ViewPage
from lrs_tracker.visibility import Viewer


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Queries over saved views."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the user's own views and those shared by others."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(models.Q(owner_id=user.pk) | models.Q(is_shared=True))


class SavedView(models.Model):
    """A named set of filters, kept as the query string of the page that it opens."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(_("name"), max_length=60)
    page = models.CharField(_("page"), max_length=8, choices=ViewPage, default=ViewPage.BOARD)
    pipeline_slug = models.SlugField(_("pipeline"), max_length=80, blank=True, allow_unicode=True)
    query = models.CharField(_("filters"), max_length=2000, blank=True)
    is_shared = models.BooleanField(_("shared with everyone"), default=False)
    is_pinned = models.BooleanField(_("pinned in the sidebar"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("You have a view of this name already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page with the view's filters."""
        if self.page == ViewPage.BOARD and self.pipeline_slug:
            path = reverse("deals:board", args=[self.pipeline_slug])
        else:
            path = reverse("deals:board" if self.page == ViewPage.BOARD else "deals:table")
        return f"{path}?{self.query}" if self.query else path
