"""Writing what comes from a CRM to our side, by the functions that people's changes go through."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from companies.domain.companies import change_company, create_company
from companies.domain.contacts import add_contact, change_contact
from companies.models import Company
from crm.domain import values
from crm.domain.mappings import Mappings
from crm.domain.our_fields import COMPANY, FIELDS, MODELS, STAGE
from crm.enums import Resource
from deals.domain.deals import change_deal, create_deal
from deals.domain.moves import move_deal
from deals.enums import PATH_TYPES
from deals.models import Deal, Stage
from lrs_tracker.problems import DomainError


class Writer:
    """Writes to our side as one user, at one time."""

    def __init__(self, *, mappings: Mappings, by: User, at: dt.datetime, reason: str) -> None:
        self.mappings = mappings
        self.by = by
        self.at = at
        self.today = at.date()
        self.reason = reason

    def change(self, resource: Resource, row: Any, texts: Mapping[str, str], company: Company | None) -> dict[str, str]:
        """Change fields of a row; return why, by field, for those that could not be changed."""
        cleaned, refused = self._clean(resource, texts, row)
        if COMPANY in texts and company is not None:
            cleaned["company"] = company
        if cleaned:
            try:
                with transaction.atomic():
                    self._change(resource, row, cleaned)
            except (DomainError, ValidationError) as error:
                refused |= dict.fromkeys([name for name in texts if name != STAGE], in_words(error))
        if STAGE in texts and (why := self._move(row, texts[STAGE])):
            refused[STAGE] = why
        return refused

    @transaction.atomic
    def create(
        self, resource: Resource, texts: Mapping[str, str], company: Company | None
    ) -> tuple[Any, dict[str, str]]:
        """Create a row; return it, and why, by field, for what it has not yet.

        Raise DomainError or ValidationError when it cannot be created at all.
        """
        cleaned, refused = self._clean(resource, texts, None)
        if refused.keys() & {"name", "title"}:
            raise DomainError("; ".join(refused.values()))
        if resource == Resource.COMPANY:
            return create_company(values=cleaned, by=self.by), refused
        if company is None:
            raise DomainError(_("It has no company."))
        if resource == Resource.CONTACT:
            return add_contact(company=company, values=cleaned, by=self.by), refused
        return self._create_deal(company, cleaned, refused, texts)

    def _clean(self, resource: Resource, texts: Mapping[str, str], row: Any) -> tuple[dict[str, Any], dict[str, str]]:
        cleaned, refused = {}, {}
        for name, known in FIELDS[resource].items():
            if name not in texts:
                continue
            field: Any = MODELS[resource]._meta.get_field(name)
            try:
                if field.max_length and len(texts[name]) > field.max_length:
                    raise DomainError(_("longer than %(most)d characters") % {"most": field.max_length})
                cleaned[name] = field.clean(values.ours(texts[name], known.kind), row)
            except (DomainError, ValidationError) as error:
                refused[name] = f"{known.label}: {in_words(error)}"
        if cleaned.get("annual_royalty") is not None and "currency" not in texts and not getattr(row, "currency", ""):
            cleaned["currency"] = self.mappings.currency
        return cleaned, refused

    def _change(self, resource: Resource, row: Any, cleaned: Mapping[str, Any]) -> None:
        if resource == Resource.COMPANY:
            change_company(company=row, values=cleaned, by=self.by)
        elif resource == Resource.CONTACT:
            change_contact(contact=row, values=cleaned, by=self.by)
        else:
            change_deal(deal=row, changes=cleaned, by=self.by)

    def _move(self, deal: Deal, their_stage: str) -> str:
        """Move a deal to the stage that theirs stands for; return why it stays where it is."""
        target = self.mappings.our_stage(their_stage)
        if target is None:
            return _("Their stage stands for none of ours.")
        try:
            with transaction.atomic():
                move_deal(deal=deal, target=target, by=self.by, at=self.at, today=self.today, reason=self.reason)
        except (DomainError, ValidationError) as error:
            return in_words(error)
        return ""

    def _create_deal(
        self, company: Company, cleaned: dict[str, Any], refused: dict[str, str], texts: Mapping[str, str]
    ) -> tuple[Deal, dict[str, str]]:
        """Create a deal in its first stage, give it its facts, then move it as far as the gates let it."""
        target = self.mappings.our_stage(texts.get(STAGE, ""))
        if target is None:
            raise DomainError(_("Their stage stands for none of ours."))
        path = Stage.objects.filter(pipeline=target.pipeline_id, type__in=PATH_TYPES, archived_at__isnull=True)
        first = path.order_by("position", "pk").first() or target
        title = cleaned.pop("title", "")
        deal = create_deal(company=company, stage=first, by=self.by, at=self.at, today=self.today, title=title)
        if cleaned:
            deal = change_deal(deal=deal, changes=cleaned, by=self.by)
        if target.pk != deal.stage_id and (why := self._move(deal, texts[STAGE])):
            refused[STAGE] = why
        return deal, refused


def in_words(error: DomainError | ValidationError) -> str:
    """Return a refusal with everything that is missing."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    details = ", ".join(str(detail) for detail in error.details)
    return f"{str(error).rstrip('.')}: {details}" if details else str(error)
