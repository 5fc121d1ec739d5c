"""Addresses of other systems that are told each change, and what was sent to them."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import not_blank, together, value_known
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer
from sync.enums import DeliveryStatus, DisabledReason, EndpointState

# What a sender notes while it works: neither a change of the endpoint nor news for anybody.
_PROGRESS = ("position_transaction", "position_row", "sight", "failing_since", "resting_until")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Queries over endpoints."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the own endpoints, and those of the organisation for administrators; nobody sees another's."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        own = models.Q(owner_id=user.pk)
        sees_all = user.has_perm("sync.view_webhookendpoint")
        return self.filter(own | models.Q(owner__isnull=True) if sees_all else own)


class WebhookEndpoint(VersionedModel):
    """An address that is told what its owner may know of; one without an owner is told everything.

    `resources` are singular API names, none for all of them; the position is where in the feed it goes on, with the
    owner's `sight` (see `sync.domain.sight`), empty until something was told. The old secret signs too until
    `old_secret_until`. `failing_since` is the first failure after which it took nothing; a failing one rests between
    attempts.
    """

    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook_endpoints",
    )
    resources = ArrayField(models.CharField(max_length=40), verbose_name=_("resources"), default=list, blank=True)
    secret = models.CharField(_("secret"), max_length=100, editable=False)
    old_secret = models.CharField(_("old secret"), max_length=100, blank=True, editable=False)
    old_secret_until = models.DateTimeField(_("old secret ends"), null=True, editable=False)

    position_transaction = models.BigIntegerField(_("told up to transaction"), editable=False)
    position_row = models.BigIntegerField(_("and row"), editable=False)
    sight = models.CharField(_("as seen with the rights"), max_length=60, blank=True, db_default="", editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    resting_until = models.DateTimeField(_("rests until"), null=True, editable=False)
    disabled_at = models.DateTimeField(_("disabled"), null=True, editable=False)
    disabled_reason = models.CharField(
        _("disabled because"), max_length=12, choices=DisabledReason, blank=True, editable=False
    )

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            not_blank("name"),
            not_blank("url"),
            not_blank("secret"),
            value_known("disabled_reason", DisabledReason, blank=True),
            models.CheckConstraint(
                condition=models.Q(disabled_at__isnull=True, disabled_reason="")
                | models.Q(disabled_at__isnull=False) & ~models.Q(disabled_reason=""),
                name="%(app_label)s_%(class)s_disabled_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(old_secret="", old_secret_until__isnull=True)
                | ~models.Q(old_secret="") & models.Q(old_secret_until__isnull=False),
                name="%(app_label)s_%(class)s_old_secret_whole",
            ),
        ]
        # Addresses may hold secrets too.
        triggers = [
            bump_version(ignoring=_PROGRESS),
            ChangeTrigger("webhook", hidden=("url", "secret", "old_secret", *_PROGRESS)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page of the endpoint, with its log."""
        return reverse("sync:webhook", args=[self.pk])

    @property
    def state(self) -> EndpointState:
        """How it does."""
        if self.disabled_at is not None:
            return EndpointState.DISABLED
        return EndpointState.HEALTHY if self.failing_since is None else EndpointState.FAILING


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Queries over deliveries."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the deliveries to the endpoints that exist for the user."""
        return self.filter(endpoint__in=WebhookEndpoint.objects.visible_to(user))


class WebhookDelivery(models.Model):
    """One message to one endpoint, and what became of its latest attempt.

    `uid` makes its `webhook-id`, the same at each attempt; `body` is what is sent, to the byte. The object is that of
    the change, none for a test. An attempt holds it until `leased_until`: a sender that was killed lets go by itself.
    Durations are milliseconds; `response_head` is the first KiB of the answer.
    """

    uid = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("webhook"),
        on_delete=models.CASCADE,
        related_name="deliveries",
        # That of the log serves it too.
        db_index=False,
    )
    type = models.CharField(_("type"), max_length=60)
    resource = models.CharField(_("resource"), max_length=40, blank=True)
    object_id = models.BigIntegerField(_("object"), null=True)
    transaction_id = models.BigIntegerField(_("transaction"), null=True)
    row_id = models.BigIntegerField(_("row of the feed"), null=True)
    body = models.TextField(_("request"))

    status = models.CharField(_("status"), max_length=9, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    first_attempt_at = models.DateTimeField(_("first attempt"), null=True)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    leased_until = models.DateTimeField(_("being sent until"), null=True)
    response_status = models.PositiveSmallIntegerField(_("response"), null=True)
    response_head = models.TextField(_("beginning of the answer"), blank=True)
    duration_ms = models.PositiveIntegerField(_("duration, ms"), null=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            not_blank("type"),
            not_blank("body"),
            value_known("status", DeliveryStatus),
            together("object", "object_id", "transaction_id", "row_id"),
            models.CheckConstraint(
                condition=models.Q(status=DeliveryStatus.PENDING, settled_at__isnull=True)
                | ~models.Q(status=DeliveryStatus.PENDING) & models.Q(settled_at__isnull=False),
                name="%(app_label)s_%(class)s_settled_whole",
            ),
        ]
        indexes = [
            # What is to be sent to an endpoint, in order.
            models.Index(
                fields=["endpoint", "id"],
                name="sync_delivery_to_send",
                condition=models.Q(status=DeliveryStatus.PENDING),
            ),
            # Whether an earlier one of the same object waits.
            models.Index(
                fields=["endpoint", "resource", "object_id", "id"],
                name="sync_delivery_object",
                condition=models.Q(status=DeliveryStatus.PENDING),
            ),
            # The log of an endpoint, newest first.
            models.Index(fields=["endpoint", "-id"], name="sync_delivery_log"),
            # Forgetting old ones.
            models.Index(
                fields=["settled_at"], name="sync_delivery_settled", condition=~models.Q(status=DeliveryStatus.PENDING)
            ),
        ]

    def __str__(self) -> str:
        return self.webhook_id

    def get_absolute_url(self) -> str:
        """Return the page with request and answer."""
        return reverse("sync:webhook_delivery", args=[self.endpoint_id, self.pk])

    @property
    def next_try_at(self) -> dt.datetime:
        """From when on it may be sent: an endpoint that rests is sent nothing meanwhile."""
        return max(self.next_attempt_at, self.endpoint.resting_until or self.next_attempt_at)

    @property
    def webhook_id(self) -> str:
        """The id by which a receiver knows that it has had this message before."""
        return f"msg_{self.uid.hex}"

    @property
    def tells_end(self) -> bool:
        """Whether it tells that the object is gone, and nothing else."""
        return self.type.endswith(".deleted")
