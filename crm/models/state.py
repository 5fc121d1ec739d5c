"""What is known of both sides between two runs."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.enums import Likeness, Resource
from crm.models.connections import CrmConnection, PermittedQuerySet
from lrs_tracker.constraints import value_known


class ConnectionState(models.Model):
    """How far a connection has read both sides, and what the CRM has to offer for the mapping.

    Without a place in the feed, or a mark of a resource, the next run reads all of that side; so it does when the
    acting user sees with other rights than those of `feed_sight`. `marks` are instants by resource; `schema` is what
    `crm.domain.schemas` read.
    """

    connection = models.OneToOneField(CrmConnection, on_delete=models.CASCADE, related_name="state")
    feed_transaction = models.BigIntegerField(_("feed read up to transaction"), null=True)
    feed_row = models.BigIntegerField(_("and row"), null=True)
    feed_sight = models.CharField(_("as seen with the rights"), max_length=60, blank=True, db_default="")
    marks = models.JSONField(_("their changes read up to"), default=dict)
    paused_until = models.DateTimeField(_("paused until"), null=True)
    last_run_at = models.DateTimeField(_("last run"), null=True)
    schema = models.JSONField(_("their fields and stages"), default=dict)
    schema_read_at = models.DateTimeField(_("fields and stages read"), null=True)
    schema_problem = models.CharField(_("why not"), max_length=300, blank=True)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a connection")
        verbose_name_plural = _("states of connections")

    def __str__(self) -> str:
        return f"{self.connection_id}"


class RecordState(models.Model):
    """What both sides last agreed on for one record, or what keeps it from being on both.

    `agreed` holds, by our field, the value that both had. `creating_at` is when we began to create it there: until
    its id there is known, it may or may not exist. Which records are a pair is said by `sync.ExternalRef`.
    """

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, related_name="record_states")
    resource = models.CharField(_("of"), max_length=8, choices=Resource)
    object_id = models.BigIntegerField(_("object"), null=True)
    external_id = models.CharField(_("id there"), max_length=200, blank=True)
    agreed = models.JSONField(_("agreed values"), default=dict)
    creating_at = models.DateTimeField(_("being created there since"), null=True)
    needs_retry = models.BooleanField(_("tried again"), default=False)
    problem = models.CharField(_("what keeps it"), max_length=1000, blank=True)
    is_gone_there = models.BooleanField(_("gone there"), default=False)
    updated_at = models.DateTimeField(_("updated"), db_default=Now())

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a record")
        verbose_name_plural = _("states of records")
        constraints = [
            value_known("resource", Resource),
            models.UniqueConstraint(
                fields=["connection", "resource", "object_id"], name="%(app_label)s_%(class)s_ours_unique"
            ),
            models.UniqueConstraint(
                fields=["connection", "resource", "external_id"],
                condition=~models.Q(external_id=""),
                name="%(app_label)s_%(class)s_theirs_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(object_id__isnull=False) | ~models.Q(external_id=""),
                name="%(app_label)s_%(class)s_of_something",
            ),
        ]
        # What the next run tries again.
        indexes = [
            models.Index(
                fields=["connection", "resource"], name="crm_recordstate_retry", condition=models.Q(needs_retry=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.object_id} ↔ {self.external_id}"


class PairSuggestion(models.Model):
    """Two records that may be the same one; a person decides. Refused ones are kept, so that nobody is asked twice."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, related_name="suggestions")
    resource = models.CharField(_("of"), max_length=8, choices=Resource)
    object_id = models.BigIntegerField(_("object"))
    external_id = models.CharField(_("id there"), max_length=200)
    our_label = models.CharField(_("ours"), max_length=300)
    their_label = models.CharField(_("theirs"), max_length=300)
    likeness = models.CharField(_("because of"), max_length=8, choices=Likeness)
    is_refused = models.BooleanField(_("refused"), default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggested pair")
        verbose_name_plural = _("suggested pairs")
        constraints = [
            value_known("resource", Resource),
            value_known("likeness", Likeness),
            models.UniqueConstraint(
                fields=["connection", "resource", "object_id", "external_id"],
                name="%(app_label)s_%(class)s_unique",
            ),
        ]
        # What is suggested for one of their records.
        indexes = [models.Index(fields=["connection", "resource", "external_id"], name="crm_pairsuggestion_theirs")]

    def __str__(self) -> str:
        return f"{self.our_label} ↔ {self.their_label}"
