"""Fees: once on a date or an event, or in instalments that add up exactly."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.agreement_edits import drop_draft_statement, lock_for_change, no_new_contradiction
from royalties.engine.exact import minor_unit
from royalties.enums import FeeTrigger
from royalties.models import Agreement, Amendment, Fee

MOST_INSTALMENTS = 120
_RULES = {
    "royalties_fee_date_given": (_("Give the date."), "due_on"),
    "royalties_fee_milestone_given": (_("Choose the plant and its milestone."), "milestone"),
    "royalties_fee_amount_plausible": (_("The amount is too large, or negative."), "amount"),
}


@transaction.atomic
def add_fee(*, agreement: Agreement, values: Mapping[str, Any], amendment: Amendment | None = None, by: User) -> Fee:
    """Add a fee. Raise DomainError for one without its date or milestone, or due after the agreement's end."""
    require_permission(by, "royalties.add_fee")
    locked = lock_for_change(agreement, amendment=amendment)
    with no_new_contradiction(locked):
        return _save(Fee(agreement=locked, introduced_by=amendment, **_whole(values)))


@transaction.atomic
def add_instalments(
    *,
    agreement: Agreement,
    values: Mapping[str, Any],
    total: Decimal,
    days: Sequence[dt.date],
    amendment: Amendment | None = None,
    by: User,
) -> list[Fee]:
    """Split an amount into dated fees, one for each day, that add up to it exactly; the last takes what is left.

    Raise DomainError for fewer than two days, days out of order, or an amount too small to split.
    """
    require_permission(by, "royalties.add_fee")
    if not 2 <= len(days) <= MOST_INSTALMENTS:
        raise DomainError(
            _("Give from 2 to %(most)s dates.") % {"most": MOST_INSTALMENTS},
            field="days",
        )
    if list(days) != sorted(set(days)):
        raise DomainError(_("The dates must be different and in order."), field="days")
    locked = lock_for_change(agreement, amendment=amendment)
    amounts = split_amount(total, len(days), currency=locked.currency)
    with no_new_contradiction(locked):
        return [
            _save(
                Fee(
                    agreement=locked,
                    introduced_by=amendment,
                    **{**values, "trigger": FeeTrigger.DATE, "due_on": day, "amount": amount},
                    instalment=number,
                    instalments=len(days),
                )
            )
            for number, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1)
        ]


def split_amount(total: Decimal, parts: int, *, currency: str) -> list[Decimal]:
    """Return equal parts of an amount in whole minor units that add up to it; the last takes what is left."""
    unit = minor_unit(currency)
    part = (total / parts).quantize(unit, ROUND_DOWN)
    if part <= 0:
        raise DomainError(_("The amount is too small to split."), field="amount")
    return [*[part] * (parts - 1), total - part * (parts - 1)]


@transaction.atomic
def change_fee(*, fee: Fee, values: Mapping[str, Any], expected_version: int | None = None, by: User) -> Fee:
    """Correct a fee on which nothing has been stated. Raise AmendmentNeededError once something has."""
    require_permission(by, "royalties.change_fee")
    agreement = lock_for_change(fee.agreement, amendment=fee.introduced_by)
    locked = lock_row(fee, expected_version=expected_version)
    with no_new_contradiction(agreement):
        facts = _whole(values)
        _check(facts)
        with constraints_in_words(Fee, _RULES):
            return write_changes(locked, facts)


@transaction.atomic
def remove_fee(*, fee: Fee, expected_version: int | None = None, by: User) -> None:
    """Remove a fee on which nothing has been stated. Raise AmendmentNeededError once something has."""
    require_permission(by, "royalties.delete_fee")
    lock_for_change(fee.agreement, amendment=fee.introduced_by)
    fee = lock_row(fee, expected_version=expected_version)
    drop_draft_statement(fee.agreement)
    fee.delete()


def _save(fee: Fee) -> Fee:
    _check({"label": fee.label})
    with constraints_in_words(Fee, _RULES):
        fee.save()
    return fee


def _check(values: Mapping[str, Any]) -> None:
    if "label" in values:
        refuse_unseen(values["label"], field="label")


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without those of another trigger."""
    facts = dict(values)
    if facts.get("trigger", FeeTrigger.DATE) != FeeTrigger.DATE:
        facts["due_on"] = None
    if "trigger" in facts and facts["trigger"] != FeeTrigger.MILESTONE:
        facts |= {"plant": None, "milestone": "", "offset_days": 0}
    return facts
