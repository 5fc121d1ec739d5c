"""Invoices, credit notes, payments and what settles what."""

import datetime as dt
from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from deals.models import Deal
from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.constraints import currency_code, not_blank, value_known
from lrs_tracker.currencies import validate_currency
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet, Viewer
from royalties.enums import AllocationKind, DunningLevel, InvoiceKind, InvoiceStatus, PaymentSource
from royalties.models.agreements import Agreement, AgreementPartQuerySet
from royalties.models.parties import Licensor
from royalties.models.statements import Statement

_AMOUNT = models.DecimalField(max_digits=20, decimal_places=3)
_positive = [MinValueValidator(Decimal("0.01"))]


def _refuse(name: str, words: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{name}', MESSAGE = '{words}';"


def _keep(table: str, columns: tuple[str, ...], words: str) -> list[pgtrigger.Trigger]:
    """Return the triggers that refuse to change what a numbered paper says, or to delete it, and leave no gaps."""
    refuse = _refuse(f"{table}_kept", words)
    kept = pgtrigger.Q()
    for column in columns:
        kept |= pgtrigger.Q(**{f"old__{column}__df": pgtrigger.F(f"new__{column}")})
    return [
        pgtrigger.Trigger(
            name="keep_paper", when=pgtrigger.Before, operation=pgtrigger.Update, condition=kept, func=refuse
        ),
        pgtrigger.Trigger(name="never_delete", when=pgtrigger.Before, operation=pgtrigger.Delete, func=refuse),
        pgtrigger.Trigger(
            name="never_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            # Only a test's own database says so, to be emptied between tests.
            func=f"""
                IF coalesce(current_setting('lrs.may_truncate', true), '') <> 'on' THEN
                    {refuse}
                END IF;
                RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="number_without_gaps",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=f"""
                IF NEW.number IS DISTINCT FROM (
                    SELECT coalesce(max(number), 0) + 1 FROM {table} WHERE licensor_id = NEW.licensor_id
                ) THEN
                    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{table}_no_gap',
                        MESSAGE = 'Papers are numbered without gaps.';
                END IF;
                RETURN NEW;
            """,  # noqa: S608  # the table is one of two names below
        ),
    ]


class InvoiceQuerySet(AgreementPartQuerySet):
    """Queries over invoices."""

    def with_balance(self, *, as_of: dt.date | None = None) -> Self:
        """Add `settled` and `outstanding`, in the invoice's currency, by the end of a day or to date."""
        allocations = Allocation.objects.filter(invoice=models.OuterRef("pk"))
        if as_of is not None:
            allocations = allocations.filter(on__lte=as_of)
        total = allocations.order_by().values("invoice").values(total=models.Sum("amount"))
        settled = Coalesce(models.Subquery(total), models.Value(Decimal(0)), output_field=_AMOUNT)
        return self.annotate(
            settled=settled,
            outstanding=models.ExpressionWrapper(models.F("amount") - models.F("settled"), output_field=_AMOUNT),
        )


class Invoice(VersionedModel):
    """A claim of money: a statement's payable, or late interest on another invoice.

    What is outstanding is `amount` less its allocations (`InvoiceQuerySet.with_balance`). The number runs
    without gaps per licensor. `reporting_amount` is the amount in the licensor's reporting currency at the
    rate of the invoice's date, against which the payment's rate makes a gain or loss; it is empty while that
    rate is missing.
    """

    licensor = models.ForeignKey(
        Licensor, verbose_name=_("licensor"), on_delete=models.PROTECT, related_name="invoices"
    )
    number = models.PositiveIntegerField(_("number"), editable=False, validators=[MinValueValidator(1)])
    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="invoices"
    )
    kind = models.CharField(_("type"), max_length=12, choices=InvoiceKind, default=InvoiceKind.STATEMENT)
    statement = models.OneToOneField(
        Statement, verbose_name=_("statement"), null=True, blank=True, on_delete=models.PROTECT, related_name="invoice"
    )
    interest_on = models.ForeignKey(
        "self", verbose_name=_("interest on"), null=True, blank=True, on_delete=models.PROTECT, related_name="interest"
    )
    interest_through = models.DateField(_("interest through"), null=True, blank=True)
    interest_trace = models.JSONField(_("how the interest came about"), default=dict, blank=True, editable=False)
    issued_on = models.DateField(_("date"), validators=[validate_plausible_date])
    due_on = models.DateField(_("due"), validators=[validate_plausible_date])
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_positive)
    reporting_currency = models.CharField(_("reporting currency"), max_length=3, validators=[validate_currency])
    reporting_rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10, null=True, blank=True)
    reporting_amount = models.DecimalField(
        _("amount in the reporting currency"), max_digits=20, decimal_places=3, null=True, blank=True
    )
    reporting_rate_on = models.DateField(_("date of the rate"), null=True, blank=True)
    reporting_rate_source = models.CharField(_("source of the rate"), max_length=80, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=InvoiceStatus, default=InvoiceStatus.OPEN)
    dunning_level = models.PositiveSmallIntegerField(_("reminded"), choices=DunningLevel, default=DunningLevel.NONE)
    dunned_on = models.DateField(_("last reminded"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=4000, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.UniqueConstraint(fields=["licensor", "number"], name="%(app_label)s_%(class)s_number_unique"),
            value_known("kind", InvoiceKind),
            value_known("status", InvoiceStatus),
            models.CheckConstraint(
                condition=models.Q(dunning_level__in=DunningLevel.values), name="%(app_label)s_%(class)s_level_known"
            ),
            currency_code(),
            currency_code("reporting_currency"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="%(app_label)s_%(class)s_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(kind=InvoiceKind.STATEMENT, statement__isnull=False, interest_on__isnull=True)
                | models.Q(
                    kind=InvoiceKind.INTEREST,
                    statement__isnull=True,
                    interest_on__isnull=False,
                    interest_through__isnull=False,
                ),
                name="%(app_label)s_%(class)s_about",
            ),
            models.UniqueConstraint(
                fields=["interest_on", "interest_through"],
                condition=models.Q(interest_on__isnull=False) & ~models.Q(status=InvoiceStatus.CANCELLED),
                name="%(app_label)s_%(class)s_interest_once",
                violation_error_message=_("Interest through this day is charged already."),
            ),
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("issued_on")), name="%(app_label)s_%(class)s_due_after_issue"
            ),
            models.CheckConstraint(
                condition=plausible_dates("issued_on", "due_on", "interest_through", "dunned_on"),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
        ]
        indexes = [
            # Receivables in the order in which they fall due.
            models.Index(fields=["due_on"], name="royalties_invoice_due"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("invoice", parent=("agreement", "agreement_id"), hidden=("interest_trace",)),
            TellTrigger("tell_statement", {"statement": "SELECT NEW.statement_id"}, on=pgtrigger.Insert),
            TellTrigger(
                "tell_trace",
                {"invoice": "SELECT NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("interest_trace"),
            ),
            # What payments gain by its rate is in this currency.
            TellTrigger(
                "tell_payments",
                {"payment": "SELECT payment_id FROM royalties_allocation WHERE invoice_id = NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("reporting_currency"),
            ),
            *_keep(
                "royalties_invoice",
                (
                    "licensor",
                    "number",
                    "agreement",
                    "kind",
                    "statement",
                    "interest_on",
                    "issued_on",
                    "due_on",
                    "currency",
                    "amount",
                ),
                "An invoice never changes: credit it instead.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:04d}"

    def get_absolute_url(self) -> str:
        """Return the invoice's page."""
        return reverse("royalties:invoice", args=[self.pk])

    @property
    def code(self) -> str:
        """The number as it stands on the paper, such as INV-0042; load `licensor` with the invoice."""
        return f"{self.licensor.invoice_prefix}-{self.number:04d}"


class CreditNoteQuerySet(AgreementPartQuerySet):
    """Queries over credit notes."""

    def with_left(self) -> Self:
        """Add `left`: what is neither set against an invoice nor repaid."""
        allocations = Allocation.objects.filter(credit_note=models.OuterRef("pk")).order_by().values("credit_note")
        used = Coalesce(
            models.Subquery(allocations.values(total=models.Sum("amount"))),
            models.Value(Decimal(0)),
            output_field=_AMOUNT,
        )
        left = models.F("amount") - models.F("repaid_amount") - used
        return self.annotate(left=models.ExpressionWrapper(left, output_field=_AMOUNT))


class CreditNote(VersionedModel):
    """Money owed to the licensee: a negative statement, or the cancellation of an invoice.

    It is set against invoices (`Allocation`) or repaid on a day.
    """

    licensor = models.ForeignKey(
        Licensor, verbose_name=_("licensor"), on_delete=models.PROTECT, related_name="credit_notes"
    )
    number = models.PositiveIntegerField(_("number"), editable=False, validators=[MinValueValidator(1)])
    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="credit_notes"
    )
    statement = models.OneToOneField(
        Statement,
        verbose_name=_("statement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_note",
    )
    cancels = models.ForeignKey(
        Invoice, verbose_name=_("cancels"), null=True, blank=True, on_delete=models.PROTECT, related_name="cancelled_by"
    )
    issued_on = models.DateField(_("date"), validators=[validate_plausible_date])
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_positive)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    repaid_amount = models.DecimalField(_("repaid"), max_digits=20, decimal_places=3, default=Decimal(0))
    repaid_on = models.DateField(_("repaid on"), null=True, blank=True)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        constraints = [
            models.UniqueConstraint(fields=["licensor", "number"], name="%(app_label)s_%(class)s_number_unique"),
            currency_code(),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="%(app_label)s_%(class)s_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(repaid_amount=0, repaid_on__isnull=True)
                | models.Q(repaid_amount__gt=0, repaid_amount__lte=models.F("amount"), repaid_on__isnull=False),
                name="%(app_label)s_%(class)s_repayment_whole",
                violation_error_message=_("No more than the credit note can be repaid."),
            ),
            models.CheckConstraint(
                condition=plausible_dates("issued_on", "repaid_on"), name="%(app_label)s_%(class)s_dates_plausible"
            ),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("credit-note", parent=("agreement", "agreement_id")),
            TellTrigger("tell_statement", {"statement": "SELECT NEW.statement_id"}, on=pgtrigger.Insert),
            *_keep(
                "royalties_creditnote",
                ("licensor", "number", "agreement", "statement", "cancels", "issued_on", "currency", "amount"),
                "A credit note never changes.",
            ),
            pgtrigger.Trigger(
                name="keep_used",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("repaid_amount"),
                func=f"""
                    IF NEW.repaid_amount + coalesce(
                        (SELECT sum(amount) FROM royalties_allocation WHERE credit_note_id = NEW.id), 0
                    ) > NEW.amount THEN
                        {_refuse("royalties_creditnote_not_exceeded", "No more than the credit note can be used.")}
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # constant
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:04d}"

    def get_absolute_url(self) -> str:
        """Return the credit note's page."""
        return reverse("royalties:credit_note", args=[self.pk])

    @property
    def code(self) -> str:
        """The number as it stands on the paper, such as INV-CN-0007; load `licensor` with the note."""
        return f"{self.licensor.invoice_prefix}-CN-{self.number:04d}"


class BankImport(models.Model):
    """A bank file that was taken in; the same file is never taken twice."""

    licensor = models.ForeignKey(
        Licensor, verbose_name=_("licensor"), on_delete=models.PROTECT, related_name="bank_imports"
    )
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    source = models.CharField(_("format"), max_length=8, choices=PaymentSource)
    mapping = models.JSONField(
        _("columns"), default=dict, editable=False, help_text=_("How the columns were read, for the next file.")
    )
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    new_count = models.PositiveIntegerField(_("new payments"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            models.UniqueConstraint(
                fields=["licensor", "sha256"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("This file was taken in already."),
            ),
            value_known("source", PaymentSource),
        ]

    def __str__(self) -> str:
        return self.file_name


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Queries over payments."""

    def visible_to(self, user: Viewer) -> "PaymentQuerySet":
        """Return the payments that `user` may see.

        Those of a payer whose deals are all confidential to the user do not exist for them; a payment that
        was allocated is visible with the invoices it settles.
        """
        if not (user.is_authenticated and user.is_active and user.has_perm("royalties.view_payment")):
            return self.none()
        if user.has_perm("deals.see_confidential_deal"):
            return self
        hidden = Allocation.objects.filter(payment=models.OuterRef("pk")).exclude(
            invoice__in=Invoice.objects.visible_to(user)
        )
        secret_deals = Deal.objects.exclude(pk__in=Deal.objects.visible_to(user).values("pk"))
        secret = Agreement.objects.filter(licensee=models.OuterRef("payer"), deal__in=secret_deals)
        return self.exclude(models.Exists(hidden)).exclude(models.Exists(secret))

    def with_left(self) -> models.QuerySet[Any]:
        """Add `left`: what no invoice has taken yet, in the payment's currency."""
        allocations = Allocation.objects.filter(payment=models.OuterRef("pk")).order_by().values("payment")
        taken = Coalesce(
            models.Subquery(allocations.values(total=models.Sum("source_amount"))),
            models.Value(Decimal(0)),
            output_field=_AMOUNT,
        )
        return self.annotate(left=models.ExpressionWrapper(models.F("amount") - taken, output_field=_AMOUNT))


class Payment(VersionedModel):
    """Money that arrived. `amount` is what reached the account, after the bank's own fees.

    `bank_reference` identifies the booking at the bank, so that no file brings it twice. `readers` are the keys of
    those who alone may see it by the deals it is of, null for everybody; the database keeps them, so that the change
    log tells when they change.
    """

    licensor = models.ForeignKey(
        Licensor, verbose_name=_("licensor"), on_delete=models.PROTECT, related_name="payments"
    )
    payer = models.ForeignKey(
        Company, verbose_name=_("payer"), null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    payer_name = models.CharField(_("payer as the bank writes it"), max_length=200, blank=True)
    received_on = models.DateField(_("received"), validators=[validate_plausible_date])
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_positive)
    reference = models.CharField(_("remittance text"), max_length=500, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=120, blank=True)
    source = models.CharField(
        _("source"), max_length=8, choices=PaymentSource, default=PaymentSource.MANUAL, editable=False
    )
    bank_import = models.ForeignKey(
        BankImport,
        verbose_name=_("bank file"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        editable=False,
    )
    is_ignored = models.BooleanField(_("not about royalties"), default=False)
    readers = ArrayField(
        models.BigIntegerField(), verbose_name=_("who alone may see it"), null=True, blank=True, editable=False
    )
    note = models.TextField(_("note"), max_length=4000, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(
                fields=["licensor", "bank_reference"],
                condition=~models.Q(bank_reference=""),
                name="%(app_label)s_%(class)s_bank_reference_unique",
                violation_error_message=_("This booking of the bank was entered already."),
            ),
            value_known("source", PaymentSource),
            currency_code(),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="%(app_label)s_%(class)s_amount_positive"),
            models.CheckConstraint(
                condition=plausible_dates("received_on"), name="%(app_label)s_%(class)s_date_plausible"
            ),
        ]
        indexes = [
            # Payments, newest first.
            models.Index(fields=["-received_on", "-id"], name="royalties_payment_newest"),
        ]
        triggers = [
            bump_version(ignoring=["readers"]),
            ChangeTrigger("payment"),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("payer_id"),
                func="NEW.readers = royalties_payment_readers(NEW.id, NEW.payer_id); RETURN NEW;",
            ),
            # They name it to those who may see it.
            TellTrigger(
                "tell_invoices",
                {"invoice": "SELECT invoice_id FROM royalties_allocation WHERE payment_id = NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("readers"),
            ),
            pgtrigger.Trigger(
                name="keep_allocated",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("amount", "currency", "licensor_id"),
                func=f"""
                    IF NEW.amount < (SELECT sum(source_amount) FROM royalties_allocation WHERE payment_id = NEW.id)
                        OR (NEW.currency, NEW.licensor_id) <> (OLD.currency, OLD.licensor_id)
                        AND EXISTS (SELECT 1 FROM royalties_allocation WHERE payment_id = NEW.id)
                    THEN
                        {_refuse("royalties_payment_not_exceeded", "More of this payment is allocated already.")}
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # constant
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on} {self.amount} {self.currency}"

    def get_absolute_url(self) -> str:
        """Return the payment's page."""
        return reverse("royalties:payment", args=[self.pk])


class WithholdingCertificate(VersionedModel):
    """The tax office's paper for tax that a licensee withheld."""

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="withholding_certificates"
    )
    statement = models.ForeignKey(
        Statement,
        verbose_name=_("statement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="withholding_certificates",
    )
    number = models.CharField(_("certificate number"), max_length=80)
    issued_on = models.DateField(_("date"), validators=[validate_plausible_date])
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    amount = models.DecimalField(_("tax withheld"), max_digits=20, decimal_places=3, validators=_positive)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("withholding certificate")
        verbose_name_plural = _("withholding certificates")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number"],
                name="%(app_label)s_%(class)s_number_unique",
                violation_error_message=_("This certificate was entered already."),
            ),
            not_blank("number"),
            currency_code(),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="%(app_label)s_%(class)s_amount_positive"),
            models.CheckConstraint(
                condition=plausible_dates("issued_on"), name="%(app_label)s_%(class)s_date_plausible"
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("withholding-certificate", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.number


# The rows are locked before their allocations are summed: two transactions at once see each other's.
_NEVER_EXCEED = f"""
    PERFORM 1 FROM royalties_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    PERFORM 1 FROM royalties_creditnote WHERE id = NEW.credit_note_id FOR NO KEY UPDATE;
    PERFORM 1 FROM royalties_withholdingcertificate WHERE id = NEW.certificate_id FOR NO KEY UPDATE;
    PERFORM 1 FROM royalties_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
    IF (SELECT sum(amount) FROM royalties_allocation WHERE invoice_id = NEW.invoice_id)
        > (SELECT amount FROM royalties_invoice WHERE id = NEW.invoice_id)
    THEN
        {_refuse("royalties_allocation_within_invoice", "More than the invoice cannot be settled.")}
    END IF;
    IF (SELECT sum(source_amount) FROM royalties_allocation WHERE payment_id = NEW.payment_id)
        > (SELECT amount FROM royalties_payment WHERE id = NEW.payment_id)
    THEN
        {_refuse("royalties_allocation_within_payment", "More than the payment cannot be allocated.")}
    END IF;
    IF (SELECT sum(amount) FROM royalties_allocation WHERE credit_note_id = NEW.credit_note_id)
        > (SELECT amount - repaid_amount FROM royalties_creditnote WHERE id = NEW.credit_note_id)
    THEN
        {_refuse("royalties_allocation_within_credit_note", "More than the credit note cannot be used.")}
    END IF;
    IF (SELECT sum(amount) FROM royalties_allocation WHERE certificate_id = NEW.certificate_id)
        > (SELECT amount FROM royalties_withholdingcertificate WHERE id = NEW.certificate_id)
    THEN
        {_refuse("royalties_allocation_within_certificate", "More than the certificate says cannot be withheld.")}
    END IF;
    RETURN NULL;
"""  # noqa: S608  # constant


def _tell(resource: str, table: str, column: str) -> str:
    """Have what an allocation takes from, or gives to, be changed by it: its left or owed amount is another one."""
    new, old = (
        f"CASE WHEN TG_OP <> 'DELETE' THEN NEW.{column} END",
        f"CASE WHEN TG_OP <> 'INSERT' THEN OLD.{column} END",
    )
    logged = f"""
        PERFORM sync_log_change(
            TG_OP, 'allocation', '{resource}', '{column}', ARRAY['version', 'created_at', 'updated_at', 'trace'],
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
        );"""
    # The invoice is told by the trigger of the change log.
    return f"""
    IF coalesce({new}, {old}) IS NOT NULL THEN{logged if resource != "invoice" else ""}
        UPDATE {table} SET version = version + 1 WHERE id IN ({new}, {old});
        IF TG_OP = 'UPDATE' THEN
            PERFORM sync_tell('{resource}', ARRAY[OLD.{column}, NEW.{column}]);
        END IF;
    END IF;
"""  # noqa: S608  # constant


_TELL_SIDES = (
    "IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN RETURN NULL; END IF;"
    + _tell("payment", "royalties_payment", "payment_id")
    + _tell("credit-note", "royalties_creditnote", "credit_note_id")
    + _tell("invoice", "royalties_invoice", "invoice_id")
    + "    RETURN NULL;"
)


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Queries over allocations."""

    def visible_to(self, user: Viewer) -> "AllocationQuerySet":
        """Return the allocations to invoices that `user` may see."""
        return self.filter(invoice__in=Invoice.objects.visible_to(user))


class Allocation(VersionedModel):
    """A part of an invoice that something settles: `amount` in the invoice's currency.

    `source_amount` is what it takes from the payment, in the payment's currency; `fx_gain` is what the rate
    of the payment's date adds to, or takes from, the rate of the invoice's, in the reporting currency.
    """

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="allocations"
    )
    kind = models.CharField(_("settled by"), max_length=12, choices=AllocationKind, default=AllocationKind.PAYMENT)
    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), null=True, blank=True, on_delete=models.PROTECT, related_name="allocations"
    )
    credit_note = models.ForeignKey(
        CreditNote,
        verbose_name=_("credit note"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
    )
    certificate = models.ForeignKey(
        WithholdingCertificate,
        verbose_name=_("certificate"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
    )
    on = models.DateField(_("date"), validators=[validate_plausible_date])
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_positive)
    source_amount = models.DecimalField(
        _("taken from the payment"), max_digits=20, decimal_places=3, null=True, blank=True
    )
    fx_gain = models.DecimalField(_("gain of exchange"), max_digits=20, decimal_places=3, null=True, blank=True)
    trace = models.JSONField(_("rates used"), default=dict, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            value_known("kind", AllocationKind),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="%(app_label)s_%(class)s_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(
                    kind=AllocationKind.PAYMENT,
                    payment__isnull=False,
                    credit_note__isnull=True,
                    source_amount__isnull=False,
                    source_amount__gt=0,
                )
                | models.Q(
                    kind=AllocationKind.CREDIT,
                    payment__isnull=True,
                    credit_note__isnull=False,
                    source_amount__isnull=True,
                )
                | models.Q(
                    kind__in=[AllocationKind.WITHHOLDING, AllocationKind.BANK_FEE, AllocationKind.WRITE_OFF],
                    credit_note__isnull=True,
                    source_amount__isnull=True,
                ),
                name="%(app_label)s_%(class)s_source",
            ),
            models.CheckConstraint(condition=plausible_dates("on"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("allocation", parent=("invoice", "invoice_id"), hidden=("trace",)),
            pgtrigger.Trigger(
                name="tell_sides",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_TELL_SIDES,
            ),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="PERFORM royalties_keep_payment_readers(ARRAY[OLD.payment_id, NEW.payment_id]); RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="never_exceed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=_NEVER_EXCEED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"
