"""What happens to a deal, in the words of the desk, for its timeline."""

import datetime as dt
import json
from dataclasses import replace

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from deals.enums import NoteKind
from lrs_tracker.markdown import render_markdown
from sync.domain.change_words import Line, Row, describe, register_words, strong

# Columns that a move writes on the deal; the transition tells them in one sentence.
_MOVE_COLUMNS = frozenset({"stage_id", "outcome_reason", "resume_on", "closed_on"})


def register_deal_words() -> None:
    """Register the words of deals and their parts; called from `DealsConfig.ready`."""
    register_words("deal", describe=_deal, noise={"entered_stage_at", "rank"})
    register_words("transition", describe=_transition)
    register_words("waiver", describe=_waiver)
    register_words("gate-check", describe=_gate_check)
    register_words("task", describe=_task, noise={"done_by_id"})
    register_words("note", describe=_note, name=_note_as_json())
    register_words("document", describe=_document, withhold=True)
    register_words("deal-team-member", describe=_team_member)
    register_words("deal-plant", describe=_plant)
    register_words("deal-contact", describe=_contact)


def _line(row: Row, text: SafeString | str, body: SafeString | str = "") -> Line:
    return Line(format_html("{}", text), body=body, resource=row.change.resource, object_id=row.change.object_id)


def _deal(row: Row) -> Line | None:
    if row.is_insert:
        return _line(row, _("created this deal"))
    return describe(row, skip=_MOVE_COLUMNS if "transition" in row.siblings else ())


def _transition(row: Row) -> Line | None:
    if not row.is_insert or "from_stage_id" not in row.change.fields:
        return None
    text = format_html(_("moved {old} → {new}"), old=row.new("from_stage_id"), new=strong(row.new("to_stage_id")))
    fields = row.change.fields
    days = (_moment(fields["at"][1]) - _moment(fields["entered_at"][1])).days
    spent = ngettext("%(days)s day in stage.", "%(days)s days in stage.", days) % {"days": days}
    reason = row.new("reason")
    return _line(row, text, format_html("{} {}", reason, spent) if reason else spent)


def _moment(raw: str) -> dt.datetime:
    return dt.datetime.fromisoformat(raw)


def _waiver(row: Row) -> Line | None:
    return _line(row, format_html(_("waived {gate}"), gate=strong(row.value("label"))), row.value("reason"))


def _gate_check(row: Row) -> Line:
    words = _("unticked {gate}") if row.is_delete else _("ticked {gate}")
    return _line(row, format_html(words, gate=strong(row.value("gate_id"))), row.new("note"))


def _task(row: Row) -> Line | None:
    if "done_at" in row.change.fields and not row.is_insert and not row.is_delete:
        words = _("finished task {task}") if row.new("done_at") else _("reopened task {task}")
        return _line(row, format_html(words, task=strong(row.name)))
    if row.is_insert and row.new("due_on"):
        return _line(row, format_html(_("added task {task} for {day}"), task=strong(row.name), day=row.new("due_on")))
    return describe(row)


def _note_as_json() -> JSONObject:
    mentioned = User.objects.filter(mentioned_in=OuterRef("pk")).order_by("pk")
    return JSONObject(
        body=F("body"),
        author=F("author_id"),
        version=F("version"),
        names=ArraySubquery(mentioned.values("name")),
        emails=ArraySubquery(mentioned.values("email")),
    )


def _note(row: Row) -> Line:
    if row.is_delete:
        return _line(row, _("removed a note"))
    if not row.is_insert:
        return _line(row, _("edited a note"))
    verbs = {
        NoteKind.MEETING.value: _("logged a meeting"),
        NoteKind.CALL.value: _("logged a call"),
        NoteKind.EMAIL.value: _("logged an e-mail"),
    }
    verb, happened = verbs.get(row.change.fields["kind"][1], _("noted")), row.new("happened_on")
    text = format_html(_("{verb} of {day}"), verb=verb, day=happened) if happened else format_html("{}", verb)
    if not row.name:
        return _line(row, format_html('{} <span class="hint">{}</span>', text, _("removed since")))
    note = json.loads(row.name)
    body = render_markdown(note["body"], mentions=[*note["names"], *note["emails"]])
    return replace(_line(row, text, body), author_id=note["author"])


def _document(row: Row) -> Line | None:
    if row.is_withheld or not row.is_insert:
        return describe(row)
    return _line(row, format_html(_("uploaded {kind} {title}"), kind=row.new("kind"), title=strong(row.name)))


def _team_member(row: Row) -> Line:
    if row.is_delete:
        return _line(row, format_html(_("took {user} off the team"), user=strong(row.value("user_id"))))
    return _line(row, format_html(_("added {user} to the team"), user=strong(row.value("user_id"))))


def _plant(row: Row) -> Line:
    words = _("unlinked plant {plant}") if row.is_delete else _("linked plant {plant}")
    return _line(row, format_html(words, plant=strong(row.value("plant_id"))))


def _contact(row: Row) -> Line:
    words = _("removed contact {contact} as {role}") if row.is_delete else _("added contact {contact} as {role}")
    return _line(row, format_html(words, contact=row.value("contact_id"), role=strong(row.value("role").lower())))
