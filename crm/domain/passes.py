"""One pass over what changed of one resource: reading both sides, and bringing each record together.

Nothing here remembers more than the database does, so a run that was cut short at any point is simply run again:
what was written already compares as equal, and a record that was being created there is looked for first.
"""

import datetime as dt
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from companies.models import Company
from crm.connectors.base import Connector
from crm.domain import pairs
from crm.domain.archiving import archive_here, archive_there, newly_archived, restore_here
from crm.domain.incoming import Writer, in_words
from crm.domain.journal import Item, Journal
from crm.domain.likeness import ours_like
from crm.domain.mappings import REQUIRED, Mappings
from crm.domain.merging import Merged, Side, merge
from crm.domain.our_fields import COMPANY, STAGE
from crm.domain.outgoing import Outbox
from crm.enums import SENDS_OUT, TAKES_IN, ConflictRule, Outcome, Resource, Way
from crm.models import ConnectionState, CrmConnection, PairSuggestion, RecordState
from lrs_tracker.problems import DomainError
from sync.models import Change

# Searches may lag, and the clocks of others differ: so much of what was read is read again.
OVERLAP = dt.timedelta(minutes=5)


@dataclass(slots=True)
class ActiveRun:
    """What the passes of a run share. `coming` and `going` are what a dry run would have created."""

    connection: CrmConnection
    state: ConnectionState
    connector: Connector
    mappings: Mappings
    journal: Journal
    writer: Writer
    by: User
    clock: Callable[[], dt.datetime]
    is_dry: bool
    ours: dict[Resource, list[int]]
    coming: set[tuple[Resource, str]] = field(default_factory=set)
    going: set[tuple[Resource, int]] = field(default_factory=set)

    @property
    def system(self) -> str:
        """The name of the CRM in external ids."""
        return str(self.connection.kind)


class Pass:
    """The pass over one resource; `found` are our objects that a run created there before it was cut short."""

    def __init__(self, run: ActiveRun, resource: Resource) -> None:
        self.run = run
        self.resource = resource
        self.direction = run.connection.direction_of(resource)
        self.journal = run.journal
        self.outbox = Outbox(
            connector=run.connector,
            mappings=run.mappings,
            journal=run.journal,
            connection=run.connection,
            resource=resource,
            is_dry=run.is_dry,
            going=run.going,
        )
        self.company_refs: dict[int, str] = {}
        self.companies: dict[str, int] = {}
        self.doubled: dict[int, list[str]] = {}
        self.archived: dict[str, int] = {}
        self.found: set[int] = set()

    def execute(self) -> None:
        """Bring everything together that changed, and note how far their side was read."""
        since = self._mark()
        theirs, newest = self._their_changes(since)
        self.archived = self._archived(since)
        for chunk in batched(self._items(theirs), self.run.connector.batch_size):
            self._bring_together(list(chunk))
        self._follow_archiving()
        if not self.run.is_dry:
            pairs.forget_decided(self.run.connection, self.resource)
            self._set_mark(newest, since)

    def _mark(self) -> dt.datetime | None:
        text = self.run.state.marks.get(self.resource)
        return dt.datetime.fromisoformat(text) if text else None

    @property
    def _carries_archiving(self) -> bool:
        return self.run.connection.carries_archiving and self.resource != Resource.DEAL

    @property
    def _archives_there(self) -> bool:
        return self._carries_archiving and self.direction in SENDS_OUT

    def _set_mark(self, newest: dt.datetime | None, since: dt.datetime | None) -> None:
        mark = newest - OVERLAP if newest else since
        if mark is not None:
            self.run.state.marks[self.resource] = max(mark, since or mark).isoformat()
            self.run.state.save(update_fields=["marks"])

    def _their_changes(self, since: dt.datetime | None) -> tuple[list[str], dt.datetime | None]:
        ids, newest = [], None
        if self.direction in TAKES_IN:
            for external_id, modified_at in self.run.connector.changed_ids(self.resource, since):
                ids.append(external_id)
                newest = max(newest or modified_at, modified_at)
        return ids, newest

    def _archived(self, since: dt.datetime | None) -> dict[str, int]:
        """Return our objects whose records were archived there, if that matters: recycle bins are long."""
        if self.direction not in TAKES_IN or not self._carries_archiving:
            return {}
        found: dict[str, int] = {}
        for chunk in batched(self.run.connector.archived_ids(self.resource, since), 1000):
            found |= pairs.our_ids(self.resource, chunk, system=self.run.system)
        return newly_archived(self, found)

    def _items(self, theirs: Iterable[str]) -> list[Item]:
        """Return what to look at: what changed on either side, and what is tried again, each record once."""
        retried = list(
            RecordState.objects.filter(connection=self.run.connection, resource=self.resource, needs_retry=True)
            .order_by("pk")
            .values_list("object_id", "external_id")
        )
        object_ids = list(
            dict.fromkeys([*self.run.ours[self.resource], *(pk for pk, _external_id in retried if pk is not None)])
        )
        parted = _in_chunks(object_ids, self._parted)
        again = (external_id for _pk, external_id in retried if external_id)
        external_ids = list(dict.fromkeys([*theirs, *again, *parted.values()]))
        ours = _in_chunks(external_ids, lambda some: pairs.our_ids(self.resource, some, system=self.run.system))
        others = _in_chunks(object_ids, lambda some: pairs.their_ids(self.resource, some, system=self.run.system))
        items: list[Item] = []
        seen: set[int | None] = set()
        for external_id in external_ids:
            pk = ours.get(external_id)
            # One with several records comes once.
            if pk is None or pk not in seen:
                items.append(Item(self.resource, pk, external_id))
            seen.add(pk)
        return items + [Item(self.resource, pk, others.get(pk, "")) for pk in object_ids if pk not in seen]

    def _parted(self, object_ids: list[int]) -> dict[int, str]:
        """Return the former records of our objects whose external ids were taken away: they are looked at first."""
        paired = pairs.their_ids(self.resource, object_ids, system=self.run.system)
        unpaired = pairs.rows_of(self.resource, set(object_ids) - paired.keys(), user=self.run.by)
        known = RecordState.objects.filter(connection=self.run.connection, resource=self.resource)
        former = known.filter(object_id__in=unpaired.keys()).exclude(external_id="")
        return {state.object_id: state.external_id for state in former if state.object_id is not None}

    def _bring_together(self, items: list[Item]) -> None:
        self._load(items)
        for item in items:
            if item.object_id in self.doubled:
                self._leave_doubled(item)
            elif item.object_id is not None and item.external_id:
                self._settle(item)
            elif item.external_id:
                self._take_in(item)
            else:
                self._send_out(item)
        self.outbox.flush()

    def _load(self, items: list[Item]) -> None:
        """Read both sides of the items, what is known of them, and the companies that they belong to."""
        run = self.run
        ids = [item.external_id for item in items if item.external_id]
        records = {
            record.external_id: record
            for record in (
                run.connector.read(self.resource, ids, run.mappings.their_fields(self.resource)) if ids else ()
            )
        }
        object_ids = [item.object_id for item in items if item.object_id is not None]
        rows = pairs.rows_of(self.resource, object_ids, user=run.by)
        known = RecordState.objects.filter(connection=run.connection, resource=self.resource)
        by_object = {state.object_id: state for state in known.filter(object_id__in=object_ids)}
        by_record = {state.external_id: state for state in known.filter(external_id__in=ids)}
        partners = {state.object_id for state in by_record.values() if state.object_id is not None}
        seen = {*rows, *pairs.rows_of(self.resource, partners.difference(object_ids), user=run.by)}
        self.doubled = pairs.doubled_ids(self.resource, object_ids, system=run.system)
        for item in items:
            item.record = records.get(item.external_id)
            item.row = rows.get(item.object_id) if item.object_id is not None else None
            ours = by_object.get(item.object_id) if item.object_id is not None else None
            if item.object_id in self.doubled:
                item.state = ours
                continue
            state = by_record.get(item.external_id) or ours
            # What another pair agreed on, or one that was parted since, says nothing of this one.
            item.state = None if state is not None and _is_of_another(state, item, seen) else state
        if self.resource != Resource.COMPANY:
            self.company_refs = pairs.their_ids(
                Resource.COMPANY, {row.company_id for row in rows.values()}, system=run.system
            )
            company_ids = {record.company_id for record in records.values() if record.company_id}
            self.companies = pairs.our_ids(Resource.COMPANY, company_ids, system=run.system)

    def _leave_doubled(self, item: Item) -> None:
        """Leave an object with several records alone: each would write over what the other says, for ever."""
        ids = ", ".join(self.doubled[item.object_id or 0])
        why = _("It has several records there: %(ids)s. Nothing is written until it has one external id.")
        self.journal.keep_back(item, Way.IN, Outcome.HELD, why % {"ids": ids})

    def _settle(self, item: Item) -> None:
        """Bring a pair together."""
        if item.record is None:
            self._note_gone(item)
            return
        if item.row is None:
            self.journal.keep_back(
                item, Way.IN, Outcome.SKIPPED, _("The acting user does not see this object."), retry=False
            )
            return
        state = self.journal.state_of(item)
        state.object_id, state.external_id = item.object_id, item.external_id
        if state.is_gone_there and not self._came_back(item, state):
            return
        if self._archives_there and item.row.archived_at is not None and state.needs_retry:
            # What keeps its record from being archived is told when that is tried again.
            return
        ours = self._read_ours(item)
        theirs, problems = self._read_theirs(item)
        if COMPANY in theirs and self.companies[theirs[COMPANY]] == item.row.company_id:
            # A company with several records is the same one by each of them.
            ours[COMPANY] = theirs[COMPANY]
        merged = merge(
            ours=ours,
            theirs=theirs,
            agreed=state.agreed,
            direction=self.direction,
            decide=lambda name: self._decide(item, name),
        )
        problems += self._write_here(item, merged, ours, problems)
        if merged.to_theirs:
            self.outbox.change(item, merged, theirs, problems)

    def _came_back(self, item: Item, state: RecordState) -> bool:
        """Take note that a record is there again; return whether the pair may be brought together."""
        follows = self._carries_archiving and self.direction in TAKES_IN
        if follows and item.row.archived_at is not None and not restore_here(self, item):
            return False
        state.is_gone_there = False
        if not self.run.is_dry:
            self.journal.save(state)
        return True

    def _read_ours(self, item: Item) -> dict[str, str]:
        company_id = "" if self.resource == Resource.COMPANY else self.company_refs.get(item.row.company_id, "")
        return self.run.mappings.read_ours(item.row, self.resource, company_id)

    def _read_theirs(self, item: Item) -> tuple[dict[str, str], list[str]]:
        """Return what a record holds, and why some of it cannot be taken over."""
        assert item.record is not None  # noqa: S101  # for the type checker
        theirs, problems = self.run.mappings.read_theirs(item.record, self.resource)
        agreed = self.journal.state_of(item).agreed
        if COMPANY in theirs and theirs[COMPANY] not in self.companies:
            if agreed.get(COMPANY) != theirs[COMPANY]:
                problems.append(_("Its company there is none of ours yet."))
            del theirs[COMPANY]
        if STAGE in theirs and self.run.mappings.our_stage(theirs[STAGE]) is None:
            if agreed.get(STAGE) != theirs[STAGE]:
                problems.append(_("Their stage “%(stage)s” stands for none of ours.") % {"stage": theirs[STAGE]})
            del theirs[STAGE]
        return theirs, problems

    def _decide(self, item: Item, name: str) -> Side:
        rule = self.run.connection.conflict_rule
        if rule != ConflictRule.NEWEST:
            return Side.OURS if rule == ConflictRule.OURS else Side.THEIRS
        assert item.record is not None  # noqa: S101  # for the type checker
        column = {COMPANY: "company_id", STAGE: "stage_id"}.get(name, name)
        last = Change.objects.filter(resource=self.resource, object_id=item.row.pk, fields__has_key=column)
        changed_at = last.order_by("-pk").values_list("at", flat=True).first() or item.row.updated_at
        return Side.THEIRS if item.record.modified_at > changed_at else Side.OURS

    def _write_here(self, item: Item, merged: Merged, ours: dict[str, str], problems: list[str]) -> list[str]:
        """Write to our side and note what both agree on, in one transaction; return why some fields stay."""
        state = self.journal.state_of(item)
        before = (state.agreed, state.problem, state.needs_retry)
        refused: dict[str, str] = {}
        with transaction.atomic():
            if merged.to_ours:
                refused = self.run.writer.change(self.resource, item.row, merged.to_ours, self._company_of(item))
            taken = {name: text for name, text in merged.to_ours.items() if name not in refused}
            agreed = {**state.agreed, **merged.agreed, **taken}
            why = "; ".join([*problems, *dict.fromkeys(refused.values())])
            told_before = state.problem
            # What is yet to be sent says for itself what becomes of it.
            problem, needs_retry = (told_before, True) if merged.to_theirs else (why, bool(why))
            if self.run.is_dry:
                transaction.set_rollback(True)
            elif (agreed, problem, needs_retry) != before or state.pk is None:
                state.agreed, state.problem, state.needs_retry = agreed, problem, needs_retry
                self.journal.save(state)
        kept_theirs = [conflict for conflict in merged.conflicts if conflict.name in taken]
        if taken:
            self.journal.note(item, Way.IN, Outcome.CHANGED, before=ours, after=taken, conflicts=kept_theirs, note=why)
        elif why and (self.journal.tells_again or why not in told_before):
            self.journal.note(item, Way.IN, Outcome.HELD, before=ours, after=merged.to_ours, note=why)
        return list(refused.values())

    def _company_of(self, item: Item) -> Company | None:
        if item.record is None or item.record.company_id not in self.companies:
            return None
        return Company.objects.get(pk=self.companies[item.record.company_id])

    def _take_in(self, item: Item) -> None:
        """Create one of their records on our side, unless it may be one that is here already."""
        state = self.journal.state_of(item)
        if item.record is None:
            if state.pk and not self.run.is_dry:
                state.delete()
            return
        if state.object_id is not None:
            self._note_out_of_sight(item, state.object_id)
            return
        if self.direction not in TAKES_IN:
            return
        texts, problems = self._read_theirs(item)
        if not texts.get(REQUIRED[self.resource]):
            self.journal.keep_back(item, Way.IN, Outcome.HELD, _("It has no name there."))
            return
        if self.resource != Resource.COMPANY and COMPANY not in texts:
            is_coming = (Resource.COMPANY, item.record.company_id) in self.run.coming
            if not is_coming:
                why = problems[-1] if item.record.company_id and problems else _("It has no company there.")
                self.journal.keep_back(item, Way.IN, Outcome.HELD, why)
                return
            self._note_created(item, texts, "; ".join(problems[:-1]))
            return
        if self.resource == Resource.DEAL and STAGE not in texts:
            self.journal.keep_back(item, Way.IN, Outcome.HELD, "; ".join(problems) or _("It has no stage there."))
            return
        if not self._suggest_ours(item, texts):
            self._create_here(item, texts, problems)

    def _create_here(self, item: Item, texts: dict[str, str], problems: list[str]) -> None:
        try:
            with transaction.atomic():
                row, refused = self.run.writer.create(self.resource, texts, self._company_of(item))
                why = "; ".join([*problems, *refused.values()])
                if not self.run.is_dry:
                    pairs.pair(
                        resource=self.resource,
                        object_id=row.pk,
                        external_id=item.external_id,
                        system=self.run.system,
                    )
                    self._agree_on_new(item, row, texts, refused, why)
                else:
                    transaction.set_rollback(True)
        except (DomainError, ValidationError) as error:
            self.journal.keep_back(item, Way.IN, Outcome.HELD, in_words(error))
            return
        self._note_created(item, texts, why, refused)

    def _agree_on_new(self, item: Item, row: Any, texts: dict[str, str], refused: dict[str, str], why: str) -> None:
        item.object_id = row.pk
        item.row = pairs.rows_of(self.resource, [row.pk], user=self.run.by).get(row.pk)
        state = self.journal.state_of(item)
        state.object_id = row.pk
        state.agreed = {name: text for name, text in texts.items() if name not in refused}
        if STAGE in refused and item.row is not None:
            # It is where the gates let it be: what is there stays theirs to reach, and ours is not sent.
            company_id = item.record.company_id if item.record else ""
            state.agreed[STAGE] = self.run.mappings.read_ours(item.row, self.resource, company_id).get(STAGE, "")
        state.problem, state.needs_retry = why, bool(why)
        self.journal.save(state)

    def _note_created(self, item: Item, texts: dict[str, str], why: str, refused: dict[str, str] | None = None) -> None:
        self.run.coming.add((self.resource, item.external_id))
        taken = {name: text for name, text in texts.items() if name not in (refused or {})}
        self.journal.note(item, Way.IN, Outcome.CREATED, after=taken, note=why)

    def _suggest_ours(self, item: Item, texts: dict[str, str]) -> bool:
        """Suggest objects of ours that a record may be; return whether somebody has to decide first."""
        known = PairSuggestion.objects.filter(
            connection=self.run.connection, resource=self.resource, external_id=item.external_id
        ).order_by("pk")
        decided = {suggestion.object_id for suggestion in known}
        company_id = self.companies.get(item.record.company_id) if item.record else None
        alike = ours_like(self.resource, texts, company_id=company_id, user=self.run.by)
        if self._is_own_creation(item, texts, [pk for pk, _label, _why in alike]):
            return True
        taken = self._paired_still([pk for pk, _label, _why in alike])
        new = [one for one in alike if one[0] not in taken and one[0] not in decided]
        if not self.run.is_dry:
            PairSuggestion.objects.bulk_create(
                [
                    PairSuggestion(
                        connection=self.run.connection,
                        resource=self.resource,
                        object_id=pk,
                        external_id=item.external_id,
                        our_label=label[:300],
                        their_label=item.label,
                        likeness=why,
                    )
                    for pk, label, why in new
                ],
                ignore_conflicts=True,
            )
        names = [one.our_label for one in known if not one.is_refused] + [label for _pk, label, _why in new]
        if names:
            why = _("It may be %(names)s. Decide on the connection's page.") % {"names": " / ".join(names)}
            self.journal.keep_back(item, Way.IN, Outcome.SUGGESTED, why, retry=False)
        return bool(names)

    def _is_own_creation(self, item: Item, texts: dict[str, str], object_ids: list[int]) -> bool:
        """Pair a record with the one of some objects that was being created as it, if any; return whether one was."""
        assert item.record is not None  # noqa: S101  # for the type checker
        creating = RecordState.objects.filter(
            connection=self.run.connection,
            resource=self.resource,
            object_id__in=object_ids,
            external_id="",
            creating_at__isnull=False,
        )
        for state in creating.order_by("pk"):
            row = pairs.rows_of(self.resource, object_ids, user=self.run.by)[state.object_id or 0]
            own = Item(self.resource, state.object_id, "", row=row, state=state)
            if self.outbox.is_own(own, self._read_ours(own), item.record, texts):
                self.outbox.pair_found(own, texts, item.external_id)
                self.found.add(row.pk)
                return True
        return False

    def _paired_still(self, object_ids: list[int]) -> set[int]:
        """Return which of our objects have a record that is there: HubSpot gives what it merges another id."""
        theirs = pairs.their_ids(self.resource, object_ids, system=self.run.system)
        found = self.run.connector.read(self.resource, list(theirs.values()), ()) if theirs else ()
        there = {record.external_id for record in found}
        for pk, external_id in theirs.items():
            if external_id not in there and not self.run.is_dry:
                pairs.note_gone_there(self.run.connection, self.resource, object_id=pk, external_id=external_id)
        return {pk for pk, external_id in theirs.items() if external_id in there}

    def _send_out(self, item: Item) -> None:
        """Have one of our objects created there, unless it may be one that is there already."""
        row = item.row
        if row is None:
            # Once it was there, its record stays, and must not come back as a new one.
            if item.state is not None and not item.state.external_id and not self.run.is_dry:
                item.state.delete()
            return
        if row.pk in self.found:
            return
        is_out_of_use = getattr(row, "archived_at", None) is not None or getattr(row, "is_placeholder", False)
        if self.direction not in SENDS_OUT or is_out_of_use:
            return
        texts = self._read_ours(item)
        if self.resource == Resource.DEAL and STAGE not in texts:
            why = _("The stage “%(stage)s” stands for none of theirs.") % {"stage": row.stage}
            self.journal.keep_back(item, Way.OUT, Outcome.HELD, why)
            return
        is_going = self.resource != Resource.COMPANY and (Resource.COMPANY, row.company_id) in self.run.going
        if self.resource != Resource.COMPANY and COMPANY not in texts and not is_going:
            self.journal.keep_back(item, Way.OUT, Outcome.HELD, _("Its company is not there yet."))
            return
        self.outbox.create(item, texts)

    def _note_gone(self, item: Item) -> None:
        if item.external_id in self.archived:
            # It is archived here in a moment.
            return
        state = self.journal.state_of(item)
        if not state.is_gone_there or self.journal.tells_again:
            self.journal.note(item, Way.IN, Outcome.SKIPPED, note=_("It is gone there, and stays here."))
        if not self.run.is_dry and not state.is_gone_there:
            state.object_id, state.is_gone_there, state.needs_retry = item.object_id, True, False
            self.journal.save(state)

    def _note_out_of_sight(self, item: Item, object_id: int) -> None:
        """Say why a record whose object was its own is left alone, now that the acting user finds none."""
        is_here = pairs.existing_ids(self.resource, [object_id])
        if not is_here and self._archives_there:
            # It is archived there in a moment.
            return
        why = _("The acting user does not see this object.") if is_here else _("It was deleted here, and stays there.")
        self.journal.keep_back(item, Way.OUT, Outcome.SKIPPED, why, retry=False)

    def _follow_archiving(self) -> None:
        """Archive on one side what is archived on the other, where the connection says so."""
        if self._carries_archiving:
            archive_here(self, self.archived)
            archive_there(self)


def _is_of_another(state: RecordState, item: Item, seen: Container[int]) -> bool:
    """Tell whether a state is that of another pair; `seen` are the objects that the acting user sees."""
    if item.object_id is None:
        return state.object_id in seen
    if not item.external_id:
        return state.external_id != "" and item.row is not None
    return state.external_id not in ("", item.external_id) or state.object_id not in (None, item.object_id)


def _in_chunks[Key, Value](keys: list[Key], read: Callable[[list[Key]], dict[Any, Value]]) -> dict[Any, Value]:
    return dict(chain.from_iterable(read(list(some)).items() for some in batched(keys, 1000)))
