"""Deals, their team, plants and contacts."""

import datetime as dt
from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Now, Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.enums import Region
from companies.models import Company, Contact
from deals.enums import CLOSED_TYPES, PATH_TYPES, ContactRole, Scope
from deals.models.pipelines import Stage
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.currencies import validate_currency
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer
from plants.enums import Chemistry
from plants.models import Plant

MAX_CAPACITY_GWH = Decimal(1000)
MAX_ANNUAL_ROYALTY = Decimal("1e15")


def _log_reorder() -> pgtrigger.Trigger:
    """Return the trigger by which open boards learn that a card has another place in its column.

    It is a resource of its own that no app registers: it stands in no timeline and in no feed.
    """
    return pgtrigger.Trigger(
        name="log_reorder",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("rank"),
        condition=pgtrigger.Q(old__rank__df=pgtrigger.F("new__rank"))
        & pgtrigger.Q(old__stage=pgtrigger.F("new__stage")),
        func=(
            "PERFORM sync_log_change(TG_OP, 'deal-place', '', '', ARRAY[]::text[], "
            "jsonb_build_object('id', OLD.id, 'rank', OLD.rank), "
            "jsonb_build_object('id', NEW.id, 'rank', NEW.rank)); RETURN NULL;"
        ),
    )


class DealQuerySet(models.QuerySet["Deal"]):
    """Queries over deals."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the deals that exist for `user`.

        A confidential deal exists only for its owner, its team, managers and administrators.
        """
        if not (user.is_authenticated and user.is_active and user.has_perm("deals.view_deal")):
            return self.none()
        if user.has_perm("deals.see_confidential_deal"):
            return self
        return self.filter(models.Q(is_confidential=False) | models.Q(owner_id=user.pk) | self._in_team(user))

    def mine(self, user: Viewer) -> Self:
        """Return the deals that `user` owns or works on."""
        return self.filter(models.Q(owner_id=user.pk) | self._in_team(user))

    def unclosed(self) -> Self:
        """Return the deals that are neither lost nor ended."""
        return self.exclude(stage__type__in=CLOSED_TYPES)

    def on_path(self) -> Self:
        """Return the deals in a stage of the path: not on hold, lost or ended."""
        return self.filter(stage__type__in=PATH_TYPES)

    def stuck_at(self, at: dt.datetime) -> Self:
        """Return the deals that are longer in their stage than its rot days."""
        day = models.ExpressionWrapper(
            models.F("stage__rot_days") * models.Value(dt.timedelta(days=1)), output_field=models.DurationField()
        )
        return self.filter(stage__rot_days__isnull=False, entered_stage_at__lt=models.Value(at) - day)

    def with_probability(self) -> Self:
        """Annotate `effective_probability_percent`: the deal's own, else the stage's default."""
        return self.annotate(
            effective_probability_percent=Coalesce("probability_percent", "stage__probability_percent")
        )

    @staticmethod
    def _in_team(user: Viewer) -> Any:
        return models.Exists(DealTeamMember.objects.filter(deal=models.OuterRef("pk"), user_id=user.pk))


class Deal(VersionedModel):
    """A licensing deal with a company, in one stage of one pipeline.

    Capacity is in GWh a year; the estimated royalty is per year in `currency`. Only
    `deals.domain.moves.move_deal` changes the stage. `rank` orders the cards of a column, smallest
    first; a new or moved card takes minus its time in milliseconds, and so comes on top.
    """

    company = models.ForeignKey(Company, verbose_name=_("company"), on_delete=models.PROTECT, related_name="deals")
    title = models.CharField(_("title"), max_length=200, blank=True)
    stage = models.ForeignKey(Stage, verbose_name=_("stage"), on_delete=models.PROTECT, related_name="deals")
    entered_stage_at = models.DateTimeField(_("in stage since"))
    rank = models.DecimalField(_("rank in the column"), editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deals",
    )
    team = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("team"),
        through="DealTeamMember",
        related_name="team_deals",
        blank=True,
    )
    plants = models.ManyToManyField(
        Plant, verbose_name=_("plants"), through="DealPlant", related_name="deals", blank=True
    )
    contacts = models.ManyToManyField(
        Contact, verbose_name=_("contacts"), through="DealContact", related_name="deals", blank=True
    )

    scope = ArrayField(
        models.CharField(max_length=16, choices=Scope), verbose_name=_("scope"), default=list, blank=True
    )
    chemistry = models.CharField(_("chemistry"), max_length=16, choices=Chemistry, blank=True)
    region = models.CharField(_("region"), max_length=24, choices=Region, blank=True)
    capacity_gwh = models.DecimalField(
        _("capacity, GWh a year"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_CAPACITY_GWH)],
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    annual_royalty = models.DecimalField(
        _("estimated royalty a year"),
        max_digits=20,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_ANNUAL_ROYALTY)],
    )
    probability_percent = models.PositiveSmallIntegerField(
        _("probability, %"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_("Empty: the default of the stage."),
    )
    plant_concept = models.CharField(_("plant concept"), max_length=500, blank=True)
    opened_on = models.DateField(_("opened"), null=True, blank=True, validators=[validate_plausible_date])
    expected_effective_on = models.DateField(
        _("expected effective date"), null=True, blank=True, validators=[validate_plausible_date]
    )
    signed_on = models.DateField(_("signature date"), null=True, blank=True, validators=[validate_plausible_date])
    effective_on = models.DateField(_("effective date"), null=True, blank=True, validators=[validate_plausible_date])
    expected_sop_on = models.DateField(
        _("expected start of production"), null=True, blank=True, validators=[validate_plausible_date]
    )
    royalty_start_on = models.DateField(
        _("royalty start date"), null=True, blank=True, validators=[validate_plausible_date]
    )
    closed_on = models.DateField(_("closed"), null=True, blank=True, validators=[validate_plausible_date])
    outcome_reason = models.CharField(_("reason"), max_length=1000, blank=True)
    resume_on = models.DateField(_("resume on"), null=True, blank=True, validators=[validate_plausible_date])
    is_confidential = models.BooleanField(
        _("confidential"), default=False, help_text=_("Only its owner, its team and managers know that it exists.")
    )

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        permissions = [
            ("move_deal", _("Can move deals between stages")),
            ("see_confidential_deal", _("Can see every confidential deal")),
            ("waive_gate", _("Can let a deal pass an unmet gate")),
            ("import_deal", _("Can import deals")),
            ("export_deal", _("Can export lists")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(capacity_gwh__isnull=True) | models.Q(capacity_gwh__range=(0, MAX_CAPACITY_GWH)),
                name="%(app_label)s_%(class)s_capacity_plausible",
                violation_error_message=_("Capacity is between 0 and 1,000 GWh a year."),
            ),
            models.CheckConstraint(
                condition=models.Q(annual_royalty__isnull=True)
                | models.Q(annual_royalty__range=(0, MAX_ANNUAL_ROYALTY)),
                name="%(app_label)s_%(class)s_royalty_plausible",
                violation_error_message=_("The royalty cannot be negative."),
            ),
            models.CheckConstraint(
                condition=models.Q(annual_royalty__isnull=True) | ~models.Q(currency=""),
                name="%(app_label)s_%(class)s_royalty_has_currency",
                violation_error_message=_("Give the currency of the royalty."),
            ),
            models.CheckConstraint(
                condition=models.Q(currency="") | models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="%(app_label)s_%(class)s_currency_code",
            ),
            models.CheckConstraint(
                condition=models.Q(probability_percent__isnull=True) | models.Q(probability_percent__lte=100),
                name="%(app_label)s_%(class)s_probability_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(scope__contained_by=Scope.values), name="%(app_label)s_%(class)s_scope_known"
            ),
            models.CheckConstraint(
                condition=plausible_dates(
                    "opened_on",
                    "expected_effective_on",
                    "signed_on",
                    "effective_on",
                    "expected_sop_on",
                    "royalty_start_on",
                    "closed_on",
                    "resume_on",
                ),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True)
                | models.Q(opened_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
                name="%(app_label)s_%(class)s_closed_after_opened",
                violation_error_message=_("A deal cannot close before it opens."),
            ),
        ]
        indexes = [
            # A column of the board, in the order of its cards.
            models.Index(fields=["stage", "rank", "id"], name="deals_deal_column"),
            # The totals of the columns, read from the index alone.
            models.Index(
                fields=["stage", "currency"],
                include=["capacity_gwh", "annual_royalty", "probability_percent", "is_confidential", "owner"],
                name="deals_deal_totals",
            ),
            # The table in its default order, and its pages after a key.
            models.Index(fields=["-updated_at", "-id"], name="deals_deal_recent"),
            # Text search in titles.
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="deals_deal_title_text"),
        ]
        # Another order of the cards changes nothing that someone may be editing.
        triggers = [
            bump_version(ignoring=["rank"]),
            ChangeTrigger("deal", hidden=("rank",)),
            _log_reorder(),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("is_confidential", "owner"),
                func="PERFORM deals_keep_document_readers(ARRAY[NEW.id]); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the deal's workspace."""
        return reverse("deals:workspace", args=[self.code])

    @property
    def code(self) -> str:
        """The name people use for the deal, such as LRS-0042."""
        return deal_code(self.pk)


def deal_code(pk: int) -> str:
    """Return the code of the deal with this key: 42 → LRS-0042."""
    return f"LRS-{pk:04d}"


class DealPartQuerySet(models.QuerySet[Any]):
    """Rows that belong to a deal: whoever sees the deal sees them."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the rows of the deals that exist for `user`."""
        if user.is_authenticated and user.is_active and user.has_perm("deals.see_confidential_deal"):
            return self
        return self.filter(deal__in=Deal.objects.visible_to(user))


class DealTeamMember(models.Model):
    """A user who works on a deal, and so sees it when it is confidential."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="team_members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="team_memberships"
    )
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "user"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("This person is in the team already."),
            )
        ]
        triggers = [
            ChangeTrigger("deal-team-member", parent=("deal", "deal_id")),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="PERFORM deals_keep_document_readers(ARRAY[OLD.deal_id, NEW.deal_id]); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id}:{self.user_id}"


class DealPlant(models.Model):
    """A plant that a deal is about."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="deal_plants")
    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.PROTECT, related_name="deal_plants")
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant of a deal")
        verbose_name_plural = _("plants of deals")
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "plant"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("This plant is linked already."),
            )
        ]
        triggers = [ChangeTrigger("deal-plant", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return f"{self.deal_id}:{self.plant_id}"


class DealContact(models.Model):
    """A contact in a deal, with a role."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="deal_contacts")
    contact = models.ForeignKey(
        Contact, verbose_name=_("contact"), on_delete=models.PROTECT, related_name="deal_contacts"
    )
    role = models.CharField(_("role"), max_length=16, choices=ContactRole, default=ContactRole.OTHER)
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact of a deal")
        verbose_name_plural = _("contacts of deals")
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "contact", "role"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("This contact has this role already."),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=ContactRole.values), name="%(app_label)s_%(class)s_role_known"
            ),
        ]
        triggers = [ChangeTrigger("deal-contact", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return f"{self.contact_id} ({self.get_role_display()})"
