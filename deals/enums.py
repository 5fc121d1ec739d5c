"""Stage types and their legal moves, kinds of gate, document, note and approval."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StageType(models.TextChoices):
    """What a stage means. Types, never names, drive behaviour."""

    OPEN = "open", _("Open")
    DELIVERY = "delivery", _("Delivery")
    EARNING = "earning", _("Earning")
    HOLD = "hold", _("On hold")
    LOST = "lost", _("Lost")
    ENDED = "ended", _("Ended")


# Stages that form the path of a deal; the others are beside it.
PATH_TYPES = frozenset({StageType.OPEN, StageType.DELIVERY, StageType.EARNING})
CLOSED_TYPES = frozenset({StageType.LOST, StageType.ENDED})


class MoveKind(models.TextChoices):
    """What a move between two stages is, which decides what it asks for."""

    FORWARD = "forward", _("Forward")
    BACK = "back", _("Back")
    ASIDE = "aside", _("Aside")
    RESUME = "resume", _("Resumed")
    REOPEN = "reopen", _("Reopened")


# Legal moves by (from type, to type). Along the path the order of the stages decides between
# forward and back, so those pairs say FORWARD here and `move_kind` looks at the positions.
MOVES: dict[tuple[StageType, StageType], MoveKind] = {
    (source, target): (
        MoveKind.ASIDE
        if target not in PATH_TYPES
        else MoveKind.FORWARD
        if source in PATH_TYPES
        else MoveKind.RESUME
        if source == StageType.HOLD
        else MoveKind.REOPEN
    )
    for source in StageType
    for target in StageType
}
# A reason is asked for on these moves; FORWARD needs none, and RESUME only continues what was held.
MOVES_WITH_REASON = frozenset({MoveKind.BACK, MoveKind.ASIDE, MoveKind.REOPEN})
# Gates stand in the way of these moves.
MOVES_THROUGH_GATES = frozenset({MoveKind.FORWARD, MoveKind.RESUME, MoveKind.REOPEN})


class Scope(models.TextChoices):
    """The parts of the LRS model that a deal covers."""

    LICENCE = "licence", _("Licence")
    CONSTRUCTION = "construction", _("Construction")
    OPERATION = "operation", _("Operation")


class GateKind(models.TextChoices):
    """What a gate item asks for. Apps above register more (see `deals.domain.gate_facts`)."""

    FIELD = "field", _("Field filled in")
    CHECKLIST = "checklist", _("Checklist item ticked")
    DOCUMENT = "document", _("Document present")
    CONTACT_ROLE = "contact_role", _("Contact with a role")
    MEETING = "meeting", _("Meeting logged")
    PLANT = "plant", _("Plant linked")
    MILESTONE = "milestone", _("Plant milestone reached")
    APPROVALS = "approvals", _("All approvals granted")


class ContactRole(models.TextChoices):
    """What a contact is in a deal."""

    SPONSOR = "sponsor", _("Sponsor")
    DECISION_MAKER = "decision_maker", _("Decision maker")
    COMMERCIAL = "commercial", _("Commercial lead")
    TECHNICAL = "technical", _("Technical lead")
    LEGAL = "legal", _("Legal counsel")
    FINANCE = "finance", _("Finance")
    PLANT = "plant", _("Plant management")
    ADVISER = "adviser", _("Adviser")
    OTHER = "other", _("Other")


class NoteKind(models.TextChoices):
    """What a note records."""

    NOTE = "note", _("Note")
    MEETING = "meeting", _("Meeting")
    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")


class DocumentKind(models.TextChoices):
    """Type of a document."""

    NDA = "nda", _("NDA")
    MOU = "mou", _("MoU")
    FIT_REPORT = "fit_report", _("Fit report")
    BUSINESS_CASE = "business_case", _("Business case")
    CLASSIFICATION = "classification", _("Export-control classification")
    TERM_SHEET = "term_sheet", _("Term sheet")
    LICENCE = "licence", _("Licence agreement")
    SERVICE = "service", _("Service agreement")
    TRAINING = "training", _("Training")
    AMENDMENT = "amendment", _("Amendment")
    REPORT = "report", _("Report")
    STATEMENT = "statement", _("Statement")
    OTHER = "other", _("Other")


class DocumentAudience(models.TextChoices):
    """Who, of those who see the deal, may open a document."""

    DEAL = "deal", _("Everyone who sees the deal")
    TEAM = "team", _("The deal's team and managers")


class ApprovalStatus(models.TextChoices):
    """State of a regulator's decision."""

    NOT_NEEDED = "not_needed", _("Not needed")
    TO_FILE = "to_file", _("To file")
    FILED = "filed", _("Filed")
    INFORMATION_REQUESTED = "information_requested", _("Information requested")
    GRANTED = "granted", _("Granted")
    GRANTED_WITH_CONDITIONS = "granted_with_conditions", _("Granted with conditions")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")


GRANTED_STATUSES = frozenset(
    {ApprovalStatus.NOT_NEEDED, ApprovalStatus.GRANTED, ApprovalStatus.GRANTED_WITH_CONDITIONS}
)
DECIDED_STATUSES = frozenset(
    {ApprovalStatus.GRANTED, ApprovalStatus.GRANTED_WITH_CONDITIONS, ApprovalStatus.REFUSED, ApprovalStatus.EXPIRED}
)


class ViewPage(models.TextChoices):
    """The page that a saved view opens."""

    BOARD = "board", _("Board")
    TABLE = "table", _("Table")


class BoardGroup(models.TextChoices):
    """What the cards of a column can be grouped by."""

    OWNER = "owner", _("Owner")
    REGION = "region", _("Region")


class ImportStatus(models.TextChoices):
    """How far an import is."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Running")
    APPLIED = "applied", _("Applied")
    FAILED = "failed", _("Failed")
    UNDONE = "undone", _("Undone")
