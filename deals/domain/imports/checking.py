"""Checking a file against a map and the database: what an import would do, row by row, writing nothing."""

import datetime as dt
from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from companies.models import Company
from deals.domain.gate_facts import facts_of, field_facts
from deals.domain.gates import gates_before
from deals.domain.imports.cells import ParsedRow, RowReader
from deals.domain.imports.companies import CompanyBook, name_keys
from deals.domain.imports.extras import ExtrasBook
from deals.domain.imports.fields import FIELDS
from deals.domain.imports.mapping import ImportMap
from deals.domain.imports.matching import KnownDeals, find_known_deals
from deals.domain.imports.owners import OwnerBook
from deals.domain.imports.plans import ChangedDeal, Extras, NewDeal, Plan
from deals.domain.imports.problems import HEADING_ROW, CellError, short
from deals.domain.imports.remarks import Remarks
from deals.domain.imports.stages import StageBook, find_pipeline
from deals.domain.imports.tables import Table
from deals.domain.moves import move_needs, top_rank
from deals.enums import CLOSED_TYPES, StageType
from deals.models import Deal, Stage
from lrs_tracker.formats import format_number
from lrs_tracker.problems import PermissionRefusedError

_DEAL_FIELDS = tuple((field.name, field.attribute) for field in FIELDS.values() if field.attribute)
_SUGGESTED_AT_MOST = 5


def plan_import(
    *, table: Table, import_map: ImportMap, by: User | None, at: dt.datetime, today: dt.date, lock: bool = False
) -> Plan:
    """Return what importing a file would do; `lock` holds the deals it would change.

    Raise MapInvalidError when the map does not fit the file, PermissionRefusedError for a user who
    may not import.
    """
    if by is not None and not by.has_perm("deals.import_deal"):
        raise PermissionRefusedError(_("Your role cannot import deals."))
    return _Check(table, import_map, by, at, today, lock).run()


class _Check:
    """One run over one file; its steps share what they looked up."""

    def __init__(
        self, table: Table, import_map: ImportMap, by: User | None, at: dt.datetime, today: dt.date, lock: bool
    ) -> None:
        self.map, self.by, self.at, self.today = import_map, by, at, today
        self.remarks = Remarks(table.problems)
        self.reader = RowReader(table, import_map, self.remarks)
        self.rows = self.reader.read_rows()
        self.pipeline = find_pipeline(import_map)
        self.plan = Plan(self.pipeline, row_count=len(self.rows), read_as=table.read_as)
        self.stages = StageBook(pipeline=self.pipeline, import_map=import_map, texts=self._texts("stage"))
        self.owners = OwnerBook(import_map=import_map)
        self.companies = CompanyBook(import_map=import_map, names=self._texts("company"))
        self.row_company: dict[int, Company] = {}
        self.lock = lock

    def run(self) -> Plan:
        """Take every row to one of the four outcomes."""
        self._refuse_repeated_ids()
        for row in self.rows:
            self._resolve(row)
        self.title_keys = name_keys({row.values.get("title", "") for row in self.rows})
        self._remark_on_spellings()
        known = self._known_deals()
        known_deals = [*known.by_external_id.values(), *(deal for deals in known.by_names.values() for deal in deals)]
        self.extras = ExtrasBook(import_map=self.map, deals=known_deals, companies=self.row_company.values())
        self.taken_by: dict[Any, int] = {}
        for row in self.rows:
            if row.number not in self.remarks.rejected:
                self._take(row, known)
        self._collect_new()
        self.plan.rejected_count = len(self.remarks.rejected)
        self.plan.problems = self.remarks.in_order()
        return self.plan

    def _texts(self, name: str) -> list[str]:
        return list(dict.fromkeys(row.values[name] for row in self.rows if name in row.values))

    def _refuse_repeated_ids(self) -> None:
        first: dict[str, int] = {}
        column = self.reader.heading("external_id")
        for row in self.rows:
            external_id = row.values.get("external_id")
            if external_id is None:
                continue
            if external_id in first:
                message = _("The id “%(id)s” is in row %(row)s already.")
                self.remarks.error(row.number, column, message % {"id": short(external_id), "row": first[external_id]})
            else:
                first[external_id] = row.number

    def _resolve(self, row: ParsedRow) -> None:
        """Put objects in place of the names of stage, owner and company."""
        values = row.values
        if "stage" not in values:
            self.remarks.error(row.number, self.reader.heading("stage"), _("The row has no stage."))
        for name, find in (("stage", self.stages.find), ("owner", self.owners.find)):
            if name in values:
                try:
                    values[name] = find(values[name])
                except CellError as error:
                    self.remarks.error(row.number, self.reader.heading(name), error)
        try:
            self.row_company[row.number] = self._company(row)
        except CellError as error:
            self.remarks.error(row.number, self.reader.heading("company"), error)
        stage = values.get("stage")
        if isinstance(stage, Stage) and stage.type == StageType.OPEN and "closed_on" in values:
            message = _("“%(stage)s” is an open stage; the closing date is left out.") % {"stage": stage.name}
            self.remarks.warning(row.number, self.reader.heading("closed_on"), message)
            del values["closed_on"]
        if "value" in values and "currency" not in values:
            message = _("The amount has no currency: map a column to it, or give a default.")
            self.remarks.error(row.number, self.reader.heading("value"), message)

    def _company(self, row: ParsedRow) -> Company:
        name = row.values.get("company")
        if name is None:
            return self.companies.find_placeholder()
        company = self.companies.find(name, row.values.get("company_country", ""))
        if self.companies.is_spelled_differently(name, company):
            message = _("“%(name)s” is taken to be the company “%(company)s”.")
            self.remarks.warning(
                row.number, self.reader.heading("company"), message % {"name": short(name), "company": company.name}
            )
        return company

    def _remark_on_spellings(self) -> None:
        """Point out titles that differ in letter case, spaces and marks only; they are kept as they are."""
        spellings: dict[str, str] = {}
        remarked: set[str] = set()
        for row in self.rows:
            title = row.values.get("title", "")
            usual = spellings.setdefault(self.title_keys[title], title)
            if title != usual and title not in remarked:
                remarked.add(title)
                message = _("“%(title)s” is also spelled “%(usual)s” in this file; both are kept.")
                self.remarks.warning(
                    row.number, self.reader.heading("title"), message % {"title": short(title), "usual": short(usual)}
                )

    def _known_deals(self) -> KnownDeals:
        return find_known_deals(
            system=self.map.system,
            pipeline=self.pipeline,
            external_ids={row.values["external_id"] for row in self.rows if "external_id" in row.values},
            companies=self.row_company.values(),
            title_keys=set(self.title_keys.values()),
            by=self.by,
            lock=self.lock,
        )

    def _take(self, row: ParsedRow, known: KnownDeals) -> None:
        """Decide what becomes of a row whose cells are good."""
        try:
            deal, external_id = self._match(row, known)
            if row.number in self.remarks.rejected:
                return
            self._refuse_second_row(row, deal, external_id)
            extras, remarks = self.extras.read(row, self.row_company[row.number], deal)
            extras.external_id = external_id
            if deal is None:
                self.plan.new_deals.append(self._new_deal(row, extras))
            else:
                self._change(row, deal, extras)
        except CellError as error:
            self.remarks.error(row.number, "", error)
            return
        for name, message in remarks:
            self.remarks.warning(row.number, self.reader.heading(name), message)
        if "company" not in row.values and (deal is None or deal.company_id == self.row_company[row.number].pk):
            message = _("The row names no company; “%(name)s” stands in for it.")
            self.remarks.warning(
                row.number, self.reader.heading("company"), message % {"name": self.companies.placeholder_name}
            )

    def _match(self, row: ParsedRow, known: KnownDeals) -> tuple[Deal | None, str]:
        """Return the deal that a row is about, if any, and the external id that it is to get."""
        external_id = row.values.get("external_id", "")
        if external_id in known.hidden_ids:
            # The id cannot be given twice; more than that is not told about a deal the user does not see.
            message = _("The id “%(id)s” is in use already by something that you cannot change.")
            self.remarks.error(row.number, self.reader.heading("external_id"), message % {"id": short(external_id)})
            return None, ""
        if deal := known.by_external_id.get(external_id):
            if self.pipeline.pk is None or deal.stage.pipeline_id != self.pipeline.pk:
                raise CellError(_("This is %(code)s, which is in another pipeline.") % {"code": deal.code})
            return deal, ""
        company = self.row_company[row.number]
        alike = known.by_names.get((company.pk, self.title_keys[row.values.get("title", "")]), []) if company.pk else []
        if not alike:
            return None, external_id
        return self._match_by_names(row, alike, external_id)

    def _match_by_names(self, row: ParsedRow, alike: list[Deal], external_id: str) -> tuple[Deal | None, str]:
        decision = self.map.confirm.get(row.number)
        if decision == "new":
            return None, external_id
        chosen = next((deal for deal in alike if deal.code == decision), None)
        if chosen is None and len(alike) == 1 and not external_id and not self._differences(row, alike[0]):
            # The deal is there as the row has it: taking it for the same changes nothing.
            chosen = alike[0]
        if chosen is not None:
            return chosen, external_id
        codes = [deal.code for deal in alike]
        self.plan.suggestions[row.number] = codes[:_SUGGESTED_AT_MOST]
        shown = ", ".join(codes[:_SUGGESTED_AT_MOST]) + (" …" if len(codes) > _SUGGESTED_AT_MOST else "")
        message = _("%(codes)s has this company and title. Confirm that it is the same deal, or import a new one.")
        self.remarks.suggestion(
            row.number, self.reader.heading("title") or self.reader.heading("company"), message % {"codes": shown}
        )
        return None, ""

    def _refuse_second_row(self, row: ParsedRow, deal: Deal | None, external_id: str) -> None:
        """Refuse a row about the deal of an earlier row."""
        if deal is not None:
            key: Any = deal.pk
        elif external_id or row.number in self.map.confirm:
            return
        else:
            key = (id(self.row_company[row.number]), self.title_keys[row.values.get("title", "")])
        if key in self.taken_by:
            raise CellError(
                _("Row %(row)s is about the same company and title. Without an id the rows cannot be told apart.")
                % {"row": self.taken_by[key]}
            )
        self.taken_by[key] = row.number

    def _new_deal(self, row: ParsedRow, extras: Extras) -> NewDeal:
        values = row.values
        _refuse_closing_before_opening(values.get("opened_on"), values.get("closed_on"))
        stage = values["stage"]
        entered_at = self._entered_at(values)
        deal = Deal(
            company=self.row_company[row.number],
            stage=stage,
            owner=values.get("owner"),
            entered_stage_at=entered_at,
            # Rows of one day keep the order of the file.
            rank=top_rank(entered_at) + row.number,
            **{attribute: values[name] for name, attribute in _DEAL_FIELDS if name in values},
        )
        if stage.type in {*CLOSED_TYPES, StageType.HOLD} and not deal.outcome_reason:
            deal.outcome_reason = self._imported_reason()
        return NewDeal(row.number, deal, extras)

    def _entered_at(self, values: dict[str, Any]) -> dt.datetime:
        """Return when a new deal entered its stage: when it closed or opened, at noon (a day all over the world)."""
        day = values.get("closed_on") or values.get("opened_on")
        if day is None:
            return self.at
        return min(dt.datetime.combine(day, dt.time(12), dt.UTC), self.at)

    def _imported_reason(self) -> str:
        return _("Imported from %(system)s without a reason") % {"system": self.map.system}

    def _change(self, row: ParsedRow, deal: Deal, extras: Extras) -> None:
        changes = self._differences(row, deal)
        move_to = changes.pop("stage", None)
        if not changes and move_to is None and not extras:
            self.plan.unchanged_count += 1
            return
        if self.by is not None and not self.by.has_perm("deals.change_deal"):
            raise CellError(_("Your role cannot change deals."))
        _refuse_closing_before_opening(
            changes.get("opened_on", deal.opened_on), changes.get("closed_on", deal.closed_on)
        )
        reason = row.values.get("outcome_reason") or self._imported_reason()
        resume_on = row.values.get("resume_on")
        if move_to is not None:
            self._refuse_move(deal, move_to, resume_on)
            # A move sets these itself; what the row says comes after it.
            changes |= {name: row.values[name] for name in ("closed_on", "outcome_reason") if name in row.values}
        self.plan.changed_deals.append(ChangedDeal(row.number, deal, changes, move_to, reason, resume_on, extras))

    def _differences(self, row: ParsedRow, deal: Deal) -> dict[str, Any]:
        """Return the attributes in which a deal differs from what its row says; empty cells say nothing."""
        given = {name: value for name, value in row.values.items() if name not in row.defaulted}
        if "value" in given:
            given.setdefault("currency", row.values.get("currency", ""))
        changes = {
            attribute: given[name]
            for name, attribute in _DEAL_FIELDS
            if name in given and given[name] != getattr(deal, attribute)
        }
        if changes.get("scope") == sorted(deal.scope):
            del changes["scope"]
        owner, stage, company = given.get("owner"), given.get("stage"), self.row_company[row.number]
        if owner is not None and owner.pk != deal.owner_id:
            changes["owner"] = owner
        if "company" in given and company.pk != deal.company_id:
            changes["company"] = company
        if stage is not None and stage.pk != deal.stage_id:
            changes["stage"] = stage
        return changes

    def _refuse_move(self, deal: Deal, target: Stage, resume_on: dt.date | None) -> None:
        if self.by is None:
            raise CellError(
                _("%(code)s would move to %(stage)s, which needs a person: give a user.")
                % {"code": deal.code, "stage": target.name}
            )
        needs = move_needs(deal=deal, target=target)
        if needs.resume_on and (resume_on is None or resume_on < self.today):
            raise CellError(_("Putting %(code)s on hold needs a date to resume, from today on.") % {"code": deal.code})
        if needs.gates_from is None or target.pk is None:
            return
        gates = gates_before(source=needs.gates_from, target=target)
        facts = facts_of([deal.pk], today=self.today)[deal.pk] | field_facts(deal)
        missing = [gate.label for gate in gates if gate.fact not in facts]
        if missing:
            items = short(", ".join(missing), 300)
            raise CellError(
                _("%(code)s cannot move to %(stage)s: %(items)s.")
                % {"code": deal.code, "stage": target.name, "items": items}
            )

    def _collect_new(self) -> None:
        """List what is made for the rows that come in, and say it once each."""
        used: dict[int, tuple[Any, int]] = {}
        contacts: dict[int, Any] = {}
        for new in self.plan.new_deals:
            for made in (new.deal.stage, new.deal.company, new.deal.owner):
                _note_use(used, made, new.row)
        for changed in self.plan.changed_deals:
            for made in (changed.move_to, changed.changes.get("company"), changed.changes.get("owner")):
                _note_use(used, made, changed.row)
        for each in self.plan.taken:
            if each.extras.contact and each.extras.contact[0].pk is None:
                contacts[id(each.extras.contact[0])] = each.extras.contact[0]
        made_objects = [made for made, _row in used.values()]
        self.plan.new_stages = [stage for stage in self.stages.new if id(stage) in used]
        self.plan.new_companies = [made for made in made_objects if isinstance(made, Company)]
        self.plan.new_owners = [made for made in made_objects if isinstance(made, User)]
        self.plan.new_contacts = list(contacts.values())
        self._remark_on_new(used)

    def _remark_on_new(self, used: dict[int, tuple[Any, int]]) -> None:
        if self.pipeline.pk is None and self.plan.new_stages:
            self.remarks.info(HEADING_ROW, "", _("The pipeline “%(name)s” is made.") % {"name": self.pipeline.name})
        counts = Counter(id(new.deal.stage) for new in self.plan.new_deals)
        for stage in self.plan.new_stages:
            message = ngettext(
                "The stage “%(name)s” is made, of the type %(type)s, for %(count)s deal.",
                "The stage “%(name)s” is made, of the type %(type)s, for %(count)s deals.",
                counts[id(stage)],
            ) % {"name": stage.name, "type": stage.get_type_display(), "count": format_number(counts[id(stage)])}
            if stage.name in self.stages.new_types_guessed:
                message += " " + _("The map can say another type.")
            self.remarks.info(used[id(stage)][1], self.reader.heading("stage"), message)
        alike = self.companies.similar(self.plan.new_companies)
        for company in self.plan.new_companies:
            row, column = used[id(company)][1], self.reader.heading("company")
            self.remarks.info(row, column, _("The company “%(name)s” is made.") % {"name": company.name})
            if company.name in alike:
                message = _("“%(name)s” is spelled much like “%(other)s”; if they are one, map the value.")
                self.remarks.warning(row, column, message % {"name": company.name, "other": alike[company.name]})
        for owner in self.plan.new_owners:
            message = _("The owner “%(name)s” is made as an inactive user.") % {"name": owner.name}
            self.remarks.info(used[id(owner)][1], self.reader.heading("owner"), message)


def _note_use(used: dict[int, tuple[Any, int]], made: Any, row: int) -> None:
    if made is not None and made.pk is None:
        used.setdefault(id(made), (made, row))


def _refuse_closing_before_opening(opened_on: dt.date | None, closed_on: dt.date | None) -> None:
    if opened_on is not None and closed_on is not None and closed_on < opened_on:
        raise CellError(
            _("The deal would close on %(closed)s, before it opens on %(opened)s.")
            % {"closed": closed_on.isoformat(), "opened": opened_on.isoformat()}
        )
