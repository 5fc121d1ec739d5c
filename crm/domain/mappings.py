"""Which fields and stages of a CRM stand for ours: the defaults, changing them, and translating by them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _

from accounts.models import User
from crm.connectors.base import Draft, RemoteRecord
from crm.domain import values
from crm.domain.our_fields import COMPANY, DEFAULT_FIELDS, FIELDS, STAGE, OurField
from crm.enums import CrmKind, FieldKind, Resource
from crm.models import ConnectionState, CrmConnection, FieldMapping, RecordState, StageMapping
from deals.enums import CLOSED_TYPES, PATH_TYPES
from deals.models import Stage
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission
from lrs_tracker.problems import DomainError

# The names of fields in any CRM; two of them may stand for the words of one of ours.
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,98}( [A-Za-z][A-Za-z0-9_]{0,98})?")
# Without these a record could not be created on one of the sides.
REQUIRED = {Resource.COMPANY: "name", Resource.CONTACT: "name", Resource.DEAL: "title"}


def create_default_mappings(connection: CrmConnection) -> None:
    """Map the standard fields of the CRM."""
    FieldMapping.objects.bulk_create(
        FieldMapping(connection=connection, resource=resource, our_field=name, their_field=their_field)
        for resource, fields in DEFAULT_FIELDS[CrmKind(connection.kind)].items()
        for name, their_field in fields.items()
    )


@transaction.atomic
def set_field_mappings(
    *, connection: CrmConnection, resource: Resource, fields: Mapping[str, str], by: User
) -> CrmConnection:
    """Say which of their fields stands for each of ours; an empty one maps nothing.

    The next run compares everything anew, and a field that is mapped otherwise as one that was never agreed upon.
    Raise DomainError for a name that is none, a field that stands for two of ours, by itself or as a word, or a
    required one left out; PermissionRefusedError without the right.
    """
    require_permission(by, "crm.change_crmconnection")
    connection = lock_row(connection)
    wanted = {name: text.strip() for name, text in fields.items() if text.strip()}
    for name, text in wanted.items():
        if name not in FIELDS[resource] or not _FIELD_NAME.fullmatch(text):
            raise DomainError(_("“%(text)s” is not the name of a field.") % {"text": text[:60]}, field=name)
    if REQUIRED[resource] not in wanted:
        raise DomainError(_("Say which field holds the name."), field=REQUIRED[resource])
    _refuse_shared_fields(resource, wanted)
    current = {mapping.our_field: mapping for mapping in connection.field_mappings.filter(resource=resource)}
    changed = {
        name for name in {*wanted, *current} if name not in current or current[name].their_field != wanted.get(name)
    }
    if not changed:
        return connection
    FieldMapping.objects.filter(connection=connection, resource=resource, our_field__in=changed).delete()
    with constraints_in_words(FieldMapping):
        FieldMapping.objects.bulk_create(
            FieldMapping(connection=connection, resource=resource, our_field=name, their_field=wanted[name])
            for name in sorted(changed)
            if name in wanted
        )
    forget_agreed(connection, resource, changed)
    read_all_again(connection)
    return connection


@transaction.atomic
def set_stage_mappings(*, connection: CrmConnection, stages: Mapping[int, str], by: User) -> CrmConnection:
    """Say which of their stages stands for each of ours, by our stage's id; an empty one maps nothing.

    What stands for a stage that is not named stays. The next run compares everything anew. Raise
    PermissionRefusedError without the right.
    """
    require_permission(by, "crm.change_crmconnection")
    connection = lock_row(connection)
    wanted = {pk: text.strip() for pk, text in stages.items()}
    current = dict(connection.stage_mappings.values_list("stage_id", "their_stage"))
    changed = {pk for pk, text in wanted.items() if text != current.get(pk, "")}
    if not changed:
        return connection
    StageMapping.objects.filter(connection=connection, stage__in=changed).delete()
    StageMapping.objects.bulk_create(
        StageMapping(connection=connection, stage_id=pk, their_stage=wanted[pk]) for pk in sorted(changed) if wanted[pk]
    )
    read_all_again(connection)
    return connection


def read_all_again(connection: CrmConnection) -> None:
    """Have the next run compare everything, not only what changes."""
    ConnectionState.objects.filter(connection=connection).update(feed_transaction=None, feed_row=None, marks={})


def forget_agreed(connection: CrmConnection, resource: Resource, names: Iterable[str]) -> None:
    """Forget what both sides agreed on in some of our fields: it says nothing of another field of theirs."""
    states = RecordState.objects.filter(connection=connection, resource=resource, agreed__has_any_keys=list(names))
    gone = Value(list(names), ArrayField(TextField()))
    states.update(agreed=Func(F("agreed"), gone, template="(%(expressions)s)", arg_joiner=" - "))


def _refuse_shared_fields(resource: Resource, wanted: Mapping[str, str]) -> None:
    """Refuse a field of theirs in two places, as a word too: each would write over what the other wrote."""
    taken: dict[str, str] = {}
    for name, text in wanted.items():
        words = text.split(" ")
        if len(words) > 1 and (resource, name) != (Resource.CONTACT, "name"):
            raise DomainError(_("Two fields of theirs can only hold the name of a contact."), field=name)
        for word in words:
            # Salesforce takes names in any case.
            key = word.casefold()
            if key in taken:
                first, second = FIELDS[resource][taken[key]].label, FIELDS[resource][name].label
                raise DomainError(
                    _("Their field “%(field)s” stands in two places: %(first)s and %(second)s.")
                    % {"field": word, "first": first, "second": second},
                    field=name,
                )
            taken[key] = name


def mapped_fields(connection: CrmConnection) -> dict[tuple[Resource, str], str]:
    """Return their field by ours."""
    rows = connection.field_mappings.values_list("resource", "our_field", "their_field")
    return {(Resource(resource), name): their_field for resource, name, their_field in rows}


class Mappings:
    """The mappings of a connection, loaded once for a run."""

    def __init__(self, connection: CrmConnection) -> None:
        self.currency = connection.currency
        self._fields: dict[Resource, list[tuple[OurField, list[str]]]] = {resource: [] for resource in Resource}
        for mapping in connection.field_mappings.order_by("pk"):
            resource = Resource(mapping.resource)
            known = FIELDS[resource].get(mapping.our_field)
            if known is not None:
                self._fields[resource].append((known, mapping.their_field.split(" ")))
        rows = connection.stage_mappings.filter(
            stage__archived_at__isnull=True, stage__pipeline__archived_at__isnull=True
        )
        stages = [(row.stage, row.their_stage) for row in rows.select_related("stage__pipeline")]
        self._their_stage = {stage.pk: their_stage for stage, their_stage in stages}
        self._our_stages: dict[str, list[Stage]] = {}
        for stage, their_stage in sorted(stages, key=lambda pair: _likeliest_first(pair[0])):
            self._our_stages.setdefault(their_stage, []).append(stage)

    def fields_of(self, resource: Resource) -> list[OurField]:
        """Return our mapped fields."""
        return [known for known, _names in self._fields[resource]]

    def their_fields(self, resource: Resource) -> list[str]:
        """Return the names of their mapped fields."""
        return [name for _known, names in self._fields[resource] for name in names]

    def our_stage(self, their_stage: str) -> Stage | None:
        """Return the stage of ours that theirs stands for, the earliest on the path where there are several."""
        return next(iter(self._our_stages.get(their_stage, ())), None)

    def read_ours(self, row: Any, resource: Resource, company_id: str) -> dict[str, str]:
        """Return a row's mapped fields as plain texts; what cannot be compared is left out."""
        found = {known.name: values.plain(getattr(row, known.name), known.kind) for known in self.fields_of(resource)}
        if company_id:
            found[COMPANY] = company_id
        if resource == Resource.DEAL:
            if "title" in found:
                # A deal without a title still needs a name there.
                found["title"] = found["title"] or f"{row.company.name} {row.code}"
            if row.stage_id in self._their_stage:
                found[STAGE] = self._their_stage[row.stage_id]
            if "currency" not in found and row.currency not in ("", self.currency):
                # Amounts of other currencies are never mixed.
                found.pop("annual_royalty", None)
        return found

    def read_theirs(self, record: RemoteRecord, resource: Resource) -> tuple[dict[str, str], list[str]]:
        """Return a record's mapped fields as plain texts, and why some could not be read."""
        found, problems = {}, []
        for known, names in self._fields[resource]:
            text = " ".join(filter(None, (record.values.get(name, "").strip() for name in names)))
            try:
                found[known.name] = values.plain(text, known.kind)
            except DomainError as error:
                problems.append(f"{known.label}: {error}")
        if record.company_id and resource != Resource.COMPANY:
            found[COMPANY] = record.company_id
        if record.stage:
            found[STAGE] = record.stage
        return found, problems

    def draft(self, texts: Mapping[str, str], resource: Resource, record: RemoteRecord | None = None) -> Draft:
        """Return plain texts as the CRM takes them, for a new record or one that is there."""
        current = record.values if record else {}
        written: dict[str, str] = {}
        kinds: dict[str, FieldKind] = {}
        for known, names in self._fields[resource]:
            if known.name in texts:
                text = values.theirs(texts[known.name], known.kind)
                parts = _split(text, *(current.get(name, "").strip() for name in names)) if len(names) == 2 else [text]
                written |= dict(zip(names, parts, strict=True))
                kinds |= dict.fromkeys(names, known.kind)
        external_id = record.external_id if record else ""
        return Draft(written, kinds, external_id, texts.get(COMPANY, ""), texts.get(STAGE, ""))


def _split(name: str, given_there: str, family_there: str) -> Iterable[str]:
    """Return a full name's given names and family name, of which the one that stays is as it is there.

    Where neither stays, the last word is the family name.
    """
    if family_there and f" {name}".endswith(f" {family_there}"):
        return name.removesuffix(family_there).strip(), family_there
    if given_there and name.startswith(f"{given_there} "):
        return given_there, name.removeprefix(given_there).strip()
    given, _space, family = name.rpartition(" ")
    return given, family


def _likeliest_first(stage: Stage) -> tuple[int, int, int]:
    """Return the order of stages that share one of theirs: on the path by position, then closed, then on hold."""
    kind = 0 if stage.type in PATH_TYPES else 1 if stage.type in CLOSED_TYPES else 2
    return kind, stage.position, stage.pk
