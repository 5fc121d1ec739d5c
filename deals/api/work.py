"""Tasks and notes as resources."""

from deals.domain.notes import add_note, delete_note, edit_note
from deals.domain.tasks import add_task, change_task, delete_task, finish_task, reopen_task
from deals.enums import NoteKind
from deals.filters import NoteFilter, TaskFilter
from deals.models import Note, Task
from lrs_tracker.api.actions import action
from lrs_tracker.api.reading import choice, date, ids, instant, key, link, text
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Writer
from lrs_tracker.domain_functions import DomainFunctions


class TaskCreator(Writer):
    """A next step of a deal."""

    class Meta:
        model = Task
        fields = ["deal", "title", "due_on", "assignee"]


class TaskChanger(Writer):
    """What is to be done, when and by whom."""

    class Meta:
        model = Task
        fields = ["title", "due_on", "assignee"]


@register
class Tasks(Resource):
    """Next steps of deals."""

    name = "tasks"
    singular = "task"
    title = "Tasks"
    description = "A next step of a deal, with a date. The earliest one that is not done is the deal's next step."
    model = Task
    members = versioned(
        {
            "deal": key("deal_id"),
            "title": text("title"),
            "due_on": date("due_on"),
            "assignee": link("assignee_id"),
            "done_at": instant("done_at"),
            "done_by": link("done_by_id"),
        }
    )
    filters = TaskFilter
    orders = {"due_on": "due_on", "created_at": "created_at"}
    includes = {"deal": Include("deal", "deals")}
    creator = TaskCreator
    changer = TaskChanger
    domain = DomainFunctions(create=add_task, change=change_task, delete=delete_task)
    actions = {
        "done": action("finish", finish_task, "Mark a task as done"),
        "reopen": action("reopen", reopen_task, "Mark a task as not done again"),
    }


class NoteCreator(Writer):
    """What was said or decided, in Markdown."""

    class Meta:
        model = Note
        fields = ["deal", "kind", "body", "happened_on"]


class NoteChanger(Writer):
    """Another wording."""

    class Meta:
        model = Note
        fields = ["kind", "body", "happened_on"]


@register
class Notes(Resource):
    """What was said or decided."""

    name = "notes"
    singular = "note"
    title = "Notes"
    description = (
        "What was said or decided, in Markdown; a meeting, call or mail has the day it happened, today where none is "
        "given. People are mentioned with “@” and their name."
    )
    model = Note
    members = versioned(
        {
            "deal": key("deal_id"),
            "kind": choice("kind", NoteKind),
            "body": text("body"),
            "happened_on": date("happened_on"),
            "author": link("author_id"),
            "mentions": ids(Note.mentions.through.objects.all(), of="note_id", column="user_id"),
        }
    )
    filters = NoteFilter
    orders = {"created_at": "created_at"}
    includes = {"deal": Include("deal", "deals")}
    creator = NoteCreator
    changer = NoteChanger
    domain = DomainFunctions(create=add_note, change=edit_note, delete=delete_note)
