"""Pipelines, their stages, and the gates that guard leaving a stage."""

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.enums import PATH_TYPES, GateKind, StageType
from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet

# The longest stay after which a gate may be due.
MAX_DUE_AFTER_DAYS = 1000


class Pipeline(VersionedModel):
    """A sequence of stages that deals pass. One in use is archived, never deleted."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("name in links"), max_length=80, allow_unicode=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="%(app_label)s_%(class)s_slug_unique",
                violation_error_message=_("Another pipeline has this name in its links."),
            ),
            models.UniqueConstraint(
                fields=["name"],
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a pipeline of this name already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
        ]
        triggers = [bump_version(), ChangeTrigger("pipeline")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the pipeline's board."""
        return reverse("deals:board", args=[self.slug])


class Stage(VersionedModel):
    """A column of the board. Its type drives behaviour; its position orders the path."""

    pipeline = models.ForeignKey(Pipeline, verbose_name=_("pipeline"), on_delete=models.PROTECT, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    type = models.CharField(_("type"), max_length=8, choices=StageType, default=StageType.OPEN)
    position = models.PositiveSmallIntegerField(_("position"))
    probability_percent = models.PositiveSmallIntegerField(
        _("default probability, %"), default=0, validators=[MaxValueValidator(100)]
    )
    rot_days = models.PositiveSmallIntegerField(
        _("rots after, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("A deal that stays longer is marked as stuck. Empty: never."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"],
                condition=models.Q(archived_at__isnull=True),
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("This pipeline has a stage of this name already."),
            ),
            # Deferred, so that a reordering may pass through duplicates.
            models.UniqueConstraint(
                fields=["pipeline", "position"],
                deferrable=models.Deferrable.DEFERRED,
                name="%(app_label)s_%(class)s_position_unique",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
            models.CheckConstraint(
                condition=models.Q(type__in=StageType.values), name="%(app_label)s_%(class)s_type_known"
            ),
            models.CheckConstraint(
                condition=models.Q(probability_percent__lte=100), name="%(app_label)s_%(class)s_probability_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(rot_days__isnull=True) | models.Q(rot_days__gte=1),
                name="%(app_label)s_%(class)s_rot_days_from_1",
            ),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("stage", parent=("pipeline", "pipeline_id")),
            TellTrigger(
                "tell_deals",
                {"deal": "SELECT id FROM deals_deal WHERE stage_id = NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("pipeline"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_path(self) -> bool:
        """Whether the stage is part of the path, not beside it (hold, lost, ended)."""
        return self.type in PATH_TYPES


class Gate(VersionedModel):
    """One thing that must be true before a deal leaves a stage forward.

    `kind` and `requirement` name a fact (see `deals.domain.gate_facts`): the field, document type,
    contact role or milestone asked for; a checklist item is its own requirement.
    """

    stage = models.ForeignKey(Stage, verbose_name=_("stage"), on_delete=models.PROTECT, related_name="gates")
    label = models.CharField(_("what must be true"), max_length=200)
    kind = models.CharField(_("kind"), max_length=24)
    requirement = models.CharField(_("requirement"), max_length=40, blank=True)
    help = models.CharField(_("why, or how"), max_length=500, blank=True)
    due_after_days = models.PositiveSmallIntegerField(
        _("due after, days in the stage"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DUE_AFTER_DAYS)],
        help_text=_("Who is responsible for the deal is reminded then."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "label"],
                condition=models.Q(archived_at__isnull=True),
                name="%(app_label)s_%(class)s_label_unique",
                violation_error_message=_("This stage asks for this already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(label="") & ~models.Q(kind=""), name="%(app_label)s_%(class)s_not_blank"
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("gate", parent=("stage", "stage_id"))]

    def __str__(self) -> str:
        return self.label

    @property
    def fact(self) -> str:
        """The fact that satisfies this gate: `kind:requirement`."""
        return f"{self.kind}:{self.pk if self.kind == GateKind.CHECKLIST else self.requirement}"
