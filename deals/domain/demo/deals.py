"""Creating one deal of the demonstration desk with its history and paper trail."""

import datetime as dt
import hashlib
from decimal import Decimal
from itertools import pairwise

from django.core.files.base import ContentFile

from accounts.models import User
from companies.enums import CompanyKind
from companies.models import Company, Contact
from deals.domain.demo.desk import Entry
from deals.domain.demo.paper import fictional_pdf
from deals.domain.demo.sites import create_site
from deals.domain.moves import top_rank
from deals.enums import (
    CLOSED_TYPES,
    DECIDED_STATUSES,
    ApprovalStatus,
    ContactRole,
    DocumentKind,
    GateKind,
    MoveKind,
    NoteKind,
    StageType,
)
from deals.models import (
    Approval,
    Deal,
    DealContact,
    DealTeamMember,
    Document,
    Gate,
    GateCheck,
    Note,
    Pipeline,
    Stage,
    StageTransition,
    Task,
    Waiver,
)
from sync.models import ExternalRef

# Days that a fictional deal spent in each stage of its past.
_PAST_DAYS = (38, 30, 41, 72, 55, 64, 101, 83, 140, 210, 150, 200, 420)


def create_deal_of(entry: Entry, *, pipeline: Pipeline, people: dict[str, User], at: dt.datetime) -> Deal:
    """Create the deal of an entry: company, contacts, plant, history, documents, tasks and notes."""
    stages = list(pipeline.stages.filter(archived_at__isnull=True).order_by("position"))
    if isinstance(entry.stage, int):
        stage, passed = stages[entry.stage - 1], stages[: entry.stage - 1]
    else:
        stage, passed = next(row for row in stages if row.name == entry.stage), stages[: entry.left_from]
    entered = at - dt.timedelta(days=entry.days_in_stage, hours=3)
    opened = entered - dt.timedelta(days=sum(_PAST_DAYS[: len(passed)]))
    company = Company.objects.create(name=entry.company, kind=CompanyKind.OEM, country=entry.country, is_fictional=True)
    deal = _create_deal(entry, stage, company, people, entered, opened, len(passed), at)
    _create_people_of(entry, deal, people)
    if entry.site:
        create_site(entry.site, deal, at)
    _create_history(entry, deal, [*passed, stage], opened, people)
    gates = list(
        Gate.objects.filter(stage__in=passed, archived_at__isnull=True).order_by("stage__position", "position")
    )
    gates += Gate.objects.filter(stage=stage, archived_at__isnull=True).order_by("position")[: entry.gates_met]
    _meet_gates(entry, deal, gates, people, at)
    _create_work(entry, deal, people, at)
    return deal


def _create_deal(
    entry: Entry,
    stage: Stage,
    company: Company,
    people: dict[str, User],
    entered: dt.datetime,
    opened: dt.datetime,
    passed: int,
    at: dt.datetime,
) -> Deal:
    today = at.date()
    currency, royalty = entry.royalty or ("", None)
    sop = today + dt.timedelta(days=entry.site.sop_days + entry.site.slip_days if entry.site else 900)
    signed = today - dt.timedelta(days=entry.days_in_stage + sum(_PAST_DAYS[7:passed]))
    return Deal.objects.create(
        company=company,
        title=entry.title,
        stage=stage,
        entered_stage_at=entered,
        rank=top_rank(entered),
        owner=people[entry.owner],
        scope=list(entry.scope),
        chemistry=entry.chemistry,
        region=entry.region,
        capacity_gwh=Decimal(entry.capacity_gwh) if entry.capacity_gwh else None,
        currency=currency,
        annual_royalty=Decimal(royalty) if royalty else None,
        probability_percent=entry.probability,
        plant_concept=entry.concept,
        opened_on=opened.date(),
        expected_effective_on=today + dt.timedelta(days=200) if 3 <= passed < 8 else None,
        signed_on=signed if stage.type in {StageType.DELIVERY, StageType.EARNING} else None,
        effective_on=signed + dt.timedelta(days=_PAST_DAYS[7]) if passed >= 8 else None,
        expected_sop_on=sop if passed >= 2 else None,
        royalty_start_on=sop if passed >= 10 else None,
        closed_on=entered.date() if stage.type in CLOSED_TYPES else None,
        outcome_reason=entry.reason,
        resume_on=today + dt.timedelta(days=entry.resume_days) if entry.resume_days else None,
        is_confidential=entry.is_confidential,
        created_at=opened,
    )


def _create_people_of(entry: Entry, deal: Deal, people: dict[str, User]) -> None:
    DealTeamMember.objects.bulk_create(DealTeamMember(deal=deal, user=people[key]) for key in entry.team)
    for person in entry.contacts:
        address = person["name"].lower().encode("ascii", "ignore").decode().replace(" ", ".")
        contact = Contact.objects.create(
            company=deal.company, name=person["name"], job_title=person["job_title"], email=f"{address}@example.org"
        )
        DealContact.objects.create(deal=deal, contact=contact, role=ContactRole(person["role"]))
    ExternalRef.objects.bulk_create(
        ExternalRef(resource="deal", object_id=deal.pk, system=system, external_id=external_id)
        for system, external_id in entry.refs
    )


def _create_history(
    entry: Entry, deal: Deal, stages: list[Stage], opened: dt.datetime, people: dict[str, User]
) -> None:
    moved_at = opened
    StageTransition.objects.create(deal=deal, to_stage=stages[0], kind=MoveKind.FORWARD, by=deal.owner, at=opened)
    for position, (source, target) in enumerate(pairwise(stages)):
        entered, moved_at = moved_at, moved_at + dt.timedelta(days=_PAST_DAYS[position])
        is_aside = not target.is_on_path
        transition = StageTransition.objects.create(
            deal=deal,
            from_stage=source,
            to_stage=target,
            entered_at=entered,
            by=deal.owner,
            at=moved_at,
            kind=MoveKind.ASIDE if is_aside else MoveKind.FORWARD,
            reason=entry.reason if is_aside else "",
        )
        gate = source.gates.filter(label=entry.waived).first() if entry.waived else None
        if gate is not None:
            Waiver.objects.create(
                transition=transition,
                deal=deal,
                gate=gate,
                label=gate.label,
                by=people["manager"],
                at=moved_at,
                reason="Their board approved the project on our outline; the full case follows with the term sheet",
            )


def _meet_gates(entry: Entry, deal: Deal, gates: list[Gate], people: dict[str, User], at: dt.datetime) -> None:
    """Leave the paper trail that the gates a deal has passed ask for; fields and milestones are set elsewhere."""
    left = {move.from_stage_id: move.at for move in deal.transitions.filter(from_stage__isnull=False)}
    for gate in gates:
        met_at = left.get(gate.stage_id, at) - dt.timedelta(days=1)
        match gate.kind:
            case GateKind.CHECKLIST:
                GateCheck.objects.create(deal=deal, gate=gate, by=people[entry.owner], at=met_at)
            case GateKind.DOCUMENT if gate.label != entry.waived:
                _create_document(entry, deal, DocumentKind(gate.requirement), at, met_at)
            case GateKind.APPROVALS if not deal.approvals.exists():
                Approval.objects.create(deal=deal, regime="Merger control", status=ApprovalStatus.NOT_NEEDED)
            case GateKind.MEETING if not any(note["kind"] == NoteKind.MEETING for note in entry.notes):
                _create_note(
                    deal, -entry.days_in_stage - 20, NoteKind.MEETING, deal.owner, "First meeting, by video.", at
                )
            case GateKind.CONTACT_ROLE if not deal.deal_contacts.filter(role=gate.requirement).exists():
                contact = Contact.objects.create(
                    company=deal.company, name="Kristjan Tamm", job_title="Chief executive"
                )
                DealContact.objects.create(deal=deal, contact=contact, role=ContactRole(gate.requirement))
            case _:
                pass


def _create_document(entry: Entry, deal: Deal, kind: DocumentKind, at: dt.datetime, uploaded_at: dt.datetime) -> None:
    title = f"{kind.label}, {deal.company.name}"
    content = fictional_pdf(title)
    expires = at.date() + dt.timedelta(days=entry.nda_days_left) if kind == DocumentKind.NDA else None
    Document.objects.create(
        deal=deal,
        kind=kind,
        title=title,
        file=ContentFile(content, name=f"{kind}.pdf"),
        file_name=f"{kind}.pdf",
        content_type="application/pdf",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        expires_on=expires,
        uploaded_by=deal.owner,
        created_at=uploaded_at,
    )


def _create_work(entry: Entry, deal: Deal, people: dict[str, User], at: dt.datetime) -> None:
    today = at.date()
    Task.objects.bulk_create(
        Task(
            deal=deal,
            title=task["title"],
            due_on=today + dt.timedelta(days=task["due_in_days"]),
            assignee=people[task["assignee"]],
        )
        for task in entry.tasks
    )
    for note in entry.notes:
        _create_note(deal, note["days"], NoteKind(note["kind"]), people[note["author"]], note["body"], at)
    for approval in entry.approvals:
        _create_approval(deal, today=today, **approval)


def _create_approval(
    deal: Deal,
    *,
    regime: str,
    authority: str,
    jurisdiction: str,
    status: str,
    filed_in_days: int,
    decision_in_days: int | None,
    today: dt.date,
) -> None:
    decision_on = today + dt.timedelta(days=decision_in_days) if decision_in_days is not None else None
    Approval.objects.create(
        deal=deal,
        regime=regime,
        authority=authority,
        jurisdiction=jurisdiction,
        status=ApprovalStatus(status),
        filed_on=today + dt.timedelta(days=filed_in_days) if status != ApprovalStatus.TO_FILE else None,
        decision_due_on=decision_on,
        decided_on=decision_on if status in DECIDED_STATUSES else None,
        conditions="No sublicence outside the group." if status == ApprovalStatus.GRANTED_WITH_CONDITIONS else "",
    )


def _create_note(deal: Deal, days: int, kind: NoteKind, author: User | None, body: str, at: dt.datetime) -> None:
    happened = at + dt.timedelta(days=days)
    note = Note.objects.create(
        deal=deal,
        kind=kind,
        author=author,
        body=body,
        created_at=happened,
        happened_on=None if kind == NoteKind.NOTE else happened.date(),
    )
    note.mentions.set([user for user in User.objects.all() if f"@{user.name}" in body])
