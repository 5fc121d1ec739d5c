"""Statements and their lines; what is issued never changes."""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.constraints import currency_code, together, value_known
from lrs_tracker.problems import Text
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer
from royalties.enums import LineKind, StatementStatus
from royalties.models.agreements import Agreement, AgreementPartQuerySet
from royalties.models.terms import Fee, RoyaltyTerm

# What may still change on an issued statement: how it goes on, never what it says.
_FREE_COLUMNS = (
    "status",
    "dispute_reason",
    "disputed_at",
    "disputed_by_id",
    "settled_on",
    "version",
    "updated_at",
)

_BEFORE_TAX = models.F("earned") + models.F("shortfall") + models.F("fees") - models.F("recouped")


def _refuse(name: str, message: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{name}', MESSAGE = '{message}';"


def _total(label: Text) -> models.DecimalField:
    return models.DecimalField(label, max_digits=20, decimal_places=3, default=Decimal(0), editable=False)


class Statement(VersionedModel):
    """What an agreement owes through a period, less everything stated before.

    A draft is calculated anew at will; issuing gives it the agreement's next number, without gaps, and
    from then on the database refuses every change but that of its status. `terms_used` is the terms at a
    glance as they were then, `previous_lines` the lines of the draft before, for comparison. A tax that is
    grossed up is shown as withheld, and not deducted.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="statements"
    )
    number = models.PositiveIntegerField(
        _("number"), null=True, blank=True, editable=False, validators=[MinValueValidator(1)]
    )
    period_start = models.DateField(_("period from"), editable=False)
    period_end = models.DateField(_("period to"), editable=False)
    status = models.CharField(
        _("status"), max_length=8, choices=StatementStatus, default=StatementStatus.DRAFT, editable=False
    )
    currency = models.CharField(_("currency"), max_length=3, editable=False)
    earned = _total(_("earned"))
    shortfall = _total(_("shortfall"))
    fees = _total(_("fees"))
    recouped = _total(_("recouped"))
    withheld = _total(_("withheld"))
    payable = _total(_("payable"))
    is_grossed_up = models.BooleanField(_("the licensee pays the tax on top"), default=False, editable=False)
    due_on = models.DateField(_("due"), null=True, blank=True, editable=False)
    calculated_at = models.DateTimeField(_("calculated"), editable=False)
    issued_on = models.DateField(_("issued"), null=True, blank=True, editable=False)
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("issued by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    terms_used = models.JSONField(_("terms used"), default=dict, editable=False)
    previous_lines = models.JSONField(_("lines of the draft before"), default=list, editable=False)
    dispute_reason = models.TextField(_("why it is disputed"), max_length=4000, blank=True, editable=False)
    disputed_at = models.DateTimeField(_("disputed"), null=True, blank=True, editable=False)
    disputed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("disputed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    settled_on = models.DateField(_("settled"), null=True, blank=True, editable=False)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        permissions = [("issue_statement", _("Can issue statements"))]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="%(app_label)s_%(class)s_number_unique"),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=models.Q(status=StatementStatus.DRAFT),
                name="%(app_label)s_%(class)s_one_draft",
                violation_error_message=_("This agreement has a draft already."),
            ),
            value_known("status", StatementStatus),
            currency_code(),
            together("issue", "issued_at", "issued_by", "issued_on", "number", "due_on"),
            together("dispute", "disputed_at", "disputed_by"),
            models.CheckConstraint(
                condition=models.Q(status=StatementStatus.DRAFT, number__isnull=True)
                | ~models.Q(status=StatementStatus.DRAFT) & models.Q(number__isnull=False),
                name="%(app_label)s_%(class)s_number_when_issued",
            ),
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")),
                name="%(app_label)s_%(class)s_period_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(is_grossed_up=False, payable=_BEFORE_TAX - models.F("withheld"))
                | models.Q(is_grossed_up=True, payable=_BEFORE_TAX),
                name="%(app_label)s_%(class)s_payable_adds_up",
            ),
        ]
        indexes = [
            # Statements by state, newest first.
            models.Index(fields=["status", "-period_end"], name="royalties_statement_state"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger(
                "statement",
                parent=("agreement", "agreement_id"),
                hidden=("terms_used", "previous_lines", "calculated_at"),
            ),
            # Nobody reads of it in a timeline, but it raises the version.
            TellTrigger(
                "tell_calculation",
                {"statement": "SELECT NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("terms_used", "previous_lines", "calculated_at"),
            ),
            pgtrigger.Trigger(
                name="keep_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__df=StatementStatus.DRAFT),
                func=f"""
                    IF NEW.status = '{StatementStatus.DRAFT}' OR
                        to_jsonb(OLD) - ARRAY[{", ".join(f"'{column}'" for column in _FREE_COLUMNS)}]
                        <> to_jsonb(NEW) - ARRAY[{", ".join(f"'{column}'" for column in _FREE_COLUMNS)}]
                    THEN
                        {_refuse("royalties_statement_kept", "An issued statement never changes.")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="never_delete_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status__df=StatementStatus.DRAFT),
                func=_refuse("royalties_statement_kept", "An issued statement is never deleted."),
            ),
            pgtrigger.Trigger(
                name="number_without_gaps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("number"),
                condition=pgtrigger.Q(new__number__isnull=False),
                func=f"""
                    IF NEW.number IS DISTINCT FROM (
                        SELECT coalesce(max(number), 0) + 1 FROM royalties_statement
                        WHERE agreement_id = NEW.agreement_id AND id <> NEW.id
                    ) THEN
                        {_refuse("royalties_statement_no_gap", "Statements are numbered without gaps.")}
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # constant
            ),
            pgtrigger.Trigger(
                name="never_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                # Only a test's own database says so, to be emptied between tests.
                func=f"""
                    IF coalesce(current_setting('lrs.may_truncate', true), '') <> 'on' THEN
                        {_refuse("royalties_statement_kept", "Statements are never deleted as a whole.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}/{self.number or 'draft'}"

    def get_absolute_url(self) -> str:
        """Return the statement's page."""
        return reverse("royalties:statement", args=[self.pk])


class StatementPartQuerySet(models.QuerySet["StatementLine"]):
    """Rows that belong to a statement: whoever sees its agreement sees them."""

    def visible_to(self, user: Viewer) -> "StatementPartQuerySet":
        """Return the rows of the statements that `user` may see."""
        return self.filter(statement__in=Statement.objects.visible_to(user))


_KEEP_LINES = f"""
    IF EXISTS (
        SELECT 1 FROM royalties_statement s
        WHERE s.status <> '{StatementStatus.DRAFT}'
        AND s.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.statement_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.statement_id END
        )
    ) THEN
        {_refuse("royalties_statementline_kept", "The lines of an issued statement never change.")}
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""  # noqa: S608  # constant


def _tell_of_lines(verb: str, on: Any, **tables: str) -> TellTrigger:
    """Return the trigger by which a statement is told once for all of its lines that a query writes."""
    changed = " UNION ".join(f"SELECT statement_id FROM {name}" for name in tables.values())  # noqa: S608  # constant
    return TellTrigger(
        f"tell_{verb}",
        {"statement": changed},
        on=on,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(**tables),
    )


class StatementLine(models.Model):
    """One line of a statement and what produced it.

    The key (kind, term or fee, period's last day) is that of the calculation; the amount is what this
    statement adds to those before. `quantity` is in the unit of the term's basis. The trace recomputes to
    the calculated amount (`royalties.engine.trace`).
    """

    statement = models.ForeignKey(
        Statement, verbose_name=_("statement"), on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=12, choices=LineKind)
    term = models.ForeignKey(
        RoyaltyTerm, verbose_name=_("term"), null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )
    fee = models.ForeignKey(
        Fee, verbose_name=_("fee"), null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )
    period_end = models.DateField(_("period to"))
    is_adjustment = models.BooleanField(_("adjustment"), default=False)
    label = models.CharField(_("label"), max_length=200)
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=3, null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3)
    trace = models.JSONField(_("trace"), default=dict)

    objects = StatementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="%(app_label)s_%(class)s_position_unique"),
            models.UniqueConstraint(
                fields=["statement", "kind", "term", "fee", "period_end"],
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_key_unique",
            ),
            value_known("kind", LineKind),
            models.CheckConstraint(
                condition=models.Q(kind=LineKind.ROYALTY, term__isnull=False, fee__isnull=True)
                | models.Q(kind=LineKind.FEE, fee__isnull=False, term__isnull=True)
                | models.Q(kind=LineKind.CAP, fee__isnull=True)
                | models.Q(
                    kind__in=[LineKind.SHORTFALL, LineKind.RECOUPMENT, LineKind.REPAYMENT, LineKind.WITHHOLDING],
                    term__isnull=True,
                    fee__isnull=True,
                ),
                name="%(app_label)s_%(class)s_about",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_KEEP_LINES,
            ),
            _tell_of_lines("added", pgtrigger.Insert, new="new_lines"),
            _tell_of_lines("changed", pgtrigger.Update, old="old_lines", new="new_lines"),
            _tell_of_lines("removed", pgtrigger.Delete, old="old_lines"),
            pgtrigger.Trigger(
                name="never_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func=f"""
                    IF coalesce(current_setting('lrs.may_truncate', true), '') <> 'on' THEN
                        {_refuse("royalties_statementline_kept", "Statements are never deleted as a whole.")}
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.label


class EarnedLine(models.Model):
    """What an agreement has earned to date on the reports that count, by term and period: the accrual.

    The bulk recalculation of the portfolio (`royalties.domain.portfolio`) writes these rows anew; they
    are derived, so they are not in the change log.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="earned_lines"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=LineKind)
    term = models.ForeignKey(
        RoyaltyTerm,
        verbose_name=_("term"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="earned_lines",
    )
    fee = models.ForeignKey(
        Fee, verbose_name=_("fee"), null=True, blank=True, on_delete=models.CASCADE, related_name="earned_lines"
    )
    period_end = models.DateField(_("period to"))
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=3, null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3)
    currency = models.CharField(_("currency"), max_length=3)
    calculated_at = models.DateTimeField(_("calculated"))

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("accrued line")
        verbose_name_plural = _("accrued lines")
        constraints = [value_known("kind", LineKind)]
        indexes = [
            # An agreement's accrual, and the portfolio's by period.
            models.Index(fields=["agreement", "period_end"], name="royalties_earned_agreement"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.kind} {self.period_end}"
