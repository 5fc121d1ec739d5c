"""What fills the workspace of a deal: header, checklist, facts, and the tab that is open."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.requests import UserRequest
from deals.domain.approvals import is_filing_late, is_late
from deals.domain.notes import may_change_note
from deals.domain.team import may_set_confidential
from deals.domain.workspace import WorkspaceDeal, capacity_reports, next_stage_of, path_of, weighted_royalty
from deals.models import Deal, DealContact, Document, Task
from deals.views.fact_rows import fact_rows, scope_in_words
from deals.workspace_links import workspace_links
from deals.workspace_tabs import workspace_tabs
from sync.domain.timeline import timeline_of

TABS: dict[str, tuple[str | Promise, str | None]] = {
    "timeline": (_("Timeline"), None),
    "tasks": (_("Tasks"), "task_count"),
    "documents": (_("Documents"), "document_count"),
    "approvals": (_("Approvals"), "approval_count"),
    "plants": (_("Plants"), "plant_count"),
    "contacts": (_("Contacts"), "contact_count"),
}


def workspace_context(request: UserRequest, deal: WorkspaceDeal, *, tab: str) -> dict[str, Any]:
    """Return the context of the whole workspace; the deal comes from `deals_for_workspace`."""
    path = path_of(deal, at=timezone.now())
    next_stage = next_stage_of(deal, path, today=request.today)
    return {
        "deal": deal,
        "can_edit": request.user.has_perm("deals.change_deal"),
        "can_move": request.user.has_perm("deals.move_deal"),
        "can_note": request.user.has_perm("deals.add_note"),
        "can_task": request.user.has_perm("deals.add_task"),
        "can_team": request.user.has_perm("deals.add_dealteammember"),
        "may_set_confidential": may_set_confidential(deal=deal, by=request.user),
        "path": [step for step in path if step.state != "aside"],
        "move_stages": [
            {"id": step.stage.pk, "name": step.stage.name, "is_current": step.stage.pk == deal.stage_id}
            for step in path
        ],
        "next_stage": next_stage,
        "weighted": weighted_royalty(deal),
        "scope": scope_in_words(deal),
        "page_links": workspace_links(deal),
        "step": _step(deal),
        "facts": fact_rows(deal, next_stage),
        "reports": capacity_reports(deal),
        **tab_context(request, deal, tab=tab),
    }


def tab_context(request: UserRequest, deal: WorkspaceDeal, *, tab: str) -> dict[str, Any]:
    """Return the context of the tabs and of the one that is open."""
    added = workspace_tabs()
    tab = tab if tab in TABS or tab in added else "timeline"
    template, fill = f"deals/workspace/{tab}.html", _FILLERS.get(tab)
    if fill is None:
        template, fill = added[tab].template, added[tab].context
    address = deal.get_absolute_url()
    return {
        "deal": deal,
        "tab": tab,
        "tabs": [
            {
                "label": label,
                "url": f"{address}?tab={name}",
                "count": getattr(deal, count) if count else None,
                "is_current": name == tab,
            }
            for name, (label, count) in _labels().items()
        ],
        "tab_template": template,
        "today": request.today,
        "can_note": request.user.has_perm("deals.add_note"),
        **fill(request, deal),
    }


def _labels() -> dict[str, tuple[str | Promise, str | None]]:
    """Return the label and count of every tab, those of other apps before the contacts."""
    *own, last = TABS.items()
    added = ((tab.key, (tab.label, tab.count_name)) for tab in workspace_tabs().values())
    return dict([*own, *added, last])


def _step(deal: WorkspaceDeal) -> dict[str, Any] | None:
    if deal.next_step is None:
        return None
    return {**deal.next_step, "due_on": Task._meta.get_field("due_on").to_python(deal.next_step["due_on"])}


def _timeline(request: UserRequest, deal: Deal) -> dict[str, Any]:
    only_notes = request.GET.get("only") == "notes"
    before = request.GET.get("before", "")
    page = timeline_of(
        "deal",
        deal.pk,
        viewer=request.user,
        only=["note"] if only_notes else None,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    mine = {
        line.object_id
        for entry in page.entries
        for line in entry.lines
        if line.resource == "note" and line.body and may_change_note(author_id=line.author_id, by=request.user)
    }
    return {"page": page, "only_notes": only_notes, "my_notes": mine}


def _tasks(request: UserRequest, deal: Deal) -> dict[str, Any]:
    tasks = list(Task.objects.filter(deal=deal).select_related("assignee", "done_by").order_by("due_on", "pk"))
    done = sorted((task for task in tasks if task.done_at), key=lambda task: task.done_at, reverse=True)
    return {
        "pending": [(task, task.is_late(request.today)) for task in tasks if task.done_at is None],
        "done": done,
        "can_change_task": request.user.has_perm("deals.change_task"),
        "can_delete_task": request.user.has_perm("deals.delete_task"),
    }


def _documents(request: UserRequest, deal: Deal) -> dict[str, Any]:
    documents = list(
        Document.objects.visible_to(request.user)
        .filter(deal=deal)
        .select_related("uploaded_by")
        .order_by("kind", "title", "-number", "-pk")
    )
    latest: dict[tuple[str, str], list[Document]] = {}
    for document in documents:
        document.deal = deal
        latest.setdefault((document.kind, document.title), []).append(document)
    return {
        "documents": [{"latest": versions[0], "earlier": versions[1:]} for versions in latest.values()],
        "can_add_document": request.user.has_perm("deals.add_document"),
        "can_change_document": request.user.has_perm("deals.change_document"),
        "can_delete_document": request.user.has_perm("deals.delete_document"),
    }


def _approvals(request: UserRequest, deal: Deal) -> dict[str, Any]:
    visible = Document.objects.visible_to(request.user).filter(deal=deal)
    approvals = list(deal.approvals.order_by("regime", "pk"))
    documents = {document.pk: document for document in visible}
    for document in documents.values():
        document.deal = deal
    return {
        "approvals": [
            {
                "approval": approval,
                "is_filing_late": is_filing_late(approval, today=request.today),
                "is_late": is_late(approval, today=request.today),
                "document": documents.get(approval.document_id),
            }
            for approval in approvals
        ],
        "can_change_approval": request.user.has_perm("deals.change_approval"),
    }


def _plants(request: UserRequest, deal: Deal) -> dict[str, Any]:
    plants = deal.plants.order_by("name", "pk").prefetch_related("milestones")
    return {
        "plants": [
            {"plant": plant, "milestones": sorted(plant.milestones.all(), key=lambda row: _day_of(row))}
            for plant in plants
        ],
        "can_link_plant": request.user.has_perm("deals.add_dealplant"),
    }


def _day_of(milestone: Any) -> str:
    return milestone.expected_on.isoformat() if milestone.expected_on else "9999"


def _contacts(request: UserRequest, deal: Deal) -> dict[str, Any]:
    links = DealContact.objects.filter(deal=deal).select_related("contact__company")
    return {
        "links": links.order_by("role", "contact__name", "pk"),
        "can_change_contacts": request.user.has_perm("deals.add_dealcontact"),
    }


_FILLERS: dict[str, Callable[[UserRequest, Deal], dict[str, Any]]] = {
    "timeline": _timeline,
    "tasks": _tasks,
    "documents": _documents,
    "approvals": _approvals,
    "plants": _plants,
    "contacts": _contacts,
}
