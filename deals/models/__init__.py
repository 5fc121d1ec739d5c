"""Models of the deals app."""

from deals.models.approvals import Approval
from deals.models.deals import Deal, DealContact, DealPlant, DealTeamMember
from deals.models.documents import Document
from deals.models.imports import ImportBatch
from deals.models.moves import GateCheck, StageTransition, Waiver
from deals.models.pipelines import Gate, Pipeline, Stage
from deals.models.views import SavedView
from deals.models.work import Note, Task

__all__ = [
    "Approval",
    "Deal",
    "DealContact",
    "DealPlant",
    "DealTeamMember",
    "Document",
    "Gate",
    "GateCheck",
    "ImportBatch",
    "Note",
    "Pipeline",
    "SavedView",
    "Stage",
    "StageTransition",
    "Task",
    "Waiver",
]
