"""Sending what changed here to a CRM, in batches of which each record succeeds or fails by itself."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.utils.translation import gettext as _

from crm.connectors.base import Connector, Draft, RateLimitedError, RemoteRecord, WriteResult
from crm.domain import pairs
from crm.domain.journal import Item, Journal
from crm.domain.likeness import search_keys, theirs_like
from crm.domain.mappings import REQUIRED, Mappings
from crm.domain.merging import Merged, Side
from crm.enums import Outcome, Resource, Way
from crm.models import CrmConnection, PairSuggestion

# Searches for so many at once stay within the length of an address.
_SEARCHED_AT_ONCE = 50
# How far the clock of a CRM may be behind ours when it says when it created something.
_CLOCK_TOLERANCE = dt.timedelta(minutes=5)


@dataclass(slots=True)
class _Change:
    item: Item
    merged: Merged
    before: dict[str, str]
    draft: Draft
    problems: list[str]


class Outbox:
    """What waits to be written there."""

    def __init__(
        self,
        *,
        connector: Connector,
        mappings: Mappings,
        journal: Journal,
        connection: CrmConnection,
        resource: Resource,
        is_dry: bool,
        going: set[tuple[Resource, int]],
    ) -> None:
        self.connector = connector
        self.mappings = mappings
        self.journal = journal
        self.connection = connection
        self.resource = resource
        self.is_dry = is_dry
        self.going = going
        self._changes: list[_Change] = []
        self._creations: list[tuple[Item, dict[str, str]]] = []

    def change(self, item: Item, merged: Merged, theirs: dict[str, str], problems: list[str]) -> None:
        """Have fields of a record changed; `problems` are what keeps other fields of it back."""
        draft = self.mappings.draft(merged.to_theirs, self.resource, item.record)
        self._changes.append(_Change(item, merged, theirs, draft, problems))

    def create(self, item: Item, texts: dict[str, str]) -> None:
        """Have a record created."""
        self._creations.append((item, texts))

    def flush(self) -> None:
        """Write what waits."""
        changes, self._changes = self._changes, []
        creations, self._creations = self._creations, []
        if changes:
            self._send_changes(changes)
        if creations:
            self._send_creations(self._new_ones(creations))

    def _send_changes(self, changes: list[_Change]) -> None:
        drafts = [change.draft for change in changes]
        results = (
            [WriteResult(draft.external_id) for draft in drafts]
            if self.is_dry
            else self.connector.update(self.resource, drafts)
        )
        for change, result in zip(changes, results, strict=True):
            if result.problem:
                why = "; ".join([*change.problems, result.problem])
                self.journal.keep_back(change.item, Way.OUT, Outcome.FAILED, why)
                continue
            state = self.journal.state_of(change.item)
            if not self.is_dry:
                state.agreed = {**state.agreed, **change.merged.to_theirs}
                state.problem = "; ".join(change.problems)
                state.needs_retry = bool(change.problems)
                self.journal.save(state)
            kept_ours = [conflict for conflict in change.merged.conflicts if conflict.kept == Side.OURS]
            self.journal.note(
                change.item,
                Way.OUT,
                Outcome.CHANGED,
                before=change.before,
                after=change.merged.to_theirs,
                conflicts=kept_ours,
            )

    def is_own(self, item: Item, texts: Mapping[str, str], record: RemoteRecord, other: Mapping[str, str]) -> bool:
        """Tell whether a record, with its plain texts, is what an object was created as when the answer was lost."""
        creating_at, name = self.journal.state_of(item).creating_at, REQUIRED[self.resource]
        is_since = creating_at is not None and record.created_at >= creating_at - _CLOCK_TOLERANCE
        return is_since and other.get(name) == texts.get(name)

    def pair_found(self, item: Item, other: Mapping[str, str], external_id: str) -> None:
        """Pair an object with what it was created as; the next run brings together what changed since."""
        self._pair_with(item, other, external_id, retry=True)

    def _new_ones(self, creations: list[tuple[Item, dict[str, str]]]) -> list[tuple[Item, dict[str, str]]]:
        """Return what is to be created: neither what a run that was cut short created, nor what is there anyway."""
        found = self._found(creations)
        new = []
        for item, texts in creations:
            alike = theirs_like(self.resource, texts, found)
            state = self.journal.state_of(item)
            if state.creating_at is None:
                if not self._suggest(item, [(record, why) for record, why in alike]):
                    new.append((item, texts))
                continue
            mine = [(record, other) for record, other in found if self.is_own(item, texts, record, other)]
            if mine:
                record, other = mine[0]
                self.pair_found(item, other, record.external_id)
            elif self.journal.clock() - state.creating_at >= self.connector.search_lag:
                new.append((item, texts))
            else:
                why = _("It may be there already: it is looked for again in the next run.")
                self.journal.keep_back(item, Way.OUT, Outcome.HELD, why)
        return new

    def _found(self, creations: list[tuple[Item, dict[str, str]]]) -> list[tuple[RemoteRecord, dict[str, str]]]:
        """Return their records that could be any of these, apart from those that are paired, as plain texts."""
        records: dict[str, RemoteRecord] = {}
        fields = self.mappings.their_fields(self.resource)
        for chunk in batched(creations, _SEARCHED_AT_ONCE):
            keys = [search_keys(self.resource, texts) for _item, texts in chunk]
            records |= {record.external_id: record for record in self.connector.find(self.resource, keys, fields)}
        paired = pairs.our_ids(self.resource, list(records), system=self.connection.kind)
        return [
            (record, self.mappings.read_theirs(record, self.resource)[0])
            for external_id, record in records.items()
            if external_id not in paired
        ]

    def _send_creations(self, creations: list[tuple[Item, dict[str, str]]]) -> None:
        if not creations:
            return
        if self.is_dry:
            for item, texts in creations:
                self.going.add((self.resource, item.object_id or 0))
                self.journal.note(item, Way.OUT, Outcome.CREATED, after=texts)
            return
        drafts = [
            self.mappings.draft({name: text for name, text in texts.items() if text}, self.resource)
            for _item, texts in creations
        ]
        self._note_intent(creations, self.journal.clock())
        try:
            results = self.connector.create(self.resource, drafts)
        except RateLimitedError as error:
            if not error.some_was_done:
                # The next run need not look for any.
                self._note_intent(creations, None)
            raise
        for (item, texts), result in zip(creations, results, strict=True):
            state = self.journal.state_of(item)
            if result.problem:
                state.creating_at = None
                self.journal.keep_back(item, Way.OUT, Outcome.FAILED, result.problem)
            else:
                self._pair_with(item, texts, result.external_id)

    def _note_intent(self, creations: list[tuple[Item, dict[str, str]]], at: dt.datetime | None) -> None:
        with transaction.atomic():
            for item, _texts in creations:
                state = self.journal.state_of(item)
                state.creating_at, state.needs_retry = at, True
                self.journal.save(state)

    def _pair_with(self, item: Item, texts: Mapping[str, str], external_id: str, *, retry: bool = False) -> None:
        state = self.journal.state_of(item)
        if self.is_dry:
            self.journal.note(item, Way.OUT, Outcome.CREATED, after=texts)
            return
        with transaction.atomic():
            pairs.pair(
                resource=self.resource,
                object_id=item.object_id or 0,
                external_id=external_id,
                system=self.connection.kind,
            )
            item.external_id = state.external_id = external_id
            state.agreed = dict(texts)
            state.creating_at, state.needs_retry, state.problem = None, retry, ""
            self.journal.save(state)
        self.journal.note(item, Way.OUT, Outcome.CREATED, after=texts)

    def _suggest(self, item: Item, alike: list[tuple[RemoteRecord, str]]) -> bool:
        """Suggest records that an object of ours may be; return whether somebody has to decide first."""
        known = PairSuggestion.objects.filter(
            connection=self.connection, resource=self.resource, object_id=item.object_id or 0
        )
        decided = {suggestion.external_id for suggestion in known}
        new = [
            PairSuggestion(
                connection=self.connection,
                resource=self.resource,
                object_id=item.object_id or 0,
                external_id=record.external_id,
                our_label=item.label,
                their_label=Item(self.resource, None, record.external_id, record=record).label,
                likeness=why,
            )
            for record, why in alike
            if record.external_id not in decided
        ]
        if not self.is_dry:
            PairSuggestion.objects.bulk_create(new, ignore_conflicts=True)
        names = [one.their_label for one in (*known, *new) if not one.is_refused]
        if names:
            why = _("It may be %(names)s there. Decide on the connection's page.") % {"names": " / ".join(names)}
            self.journal.keep_back(item, Way.OUT, Outcome.SUGGESTED, why, retry=False)
        return bool(names)
