"""Models of the crm app."""

from crm.models.connections import CrmConnection, FieldMapping, StageMapping
from crm.models.runs import SyncRecord, SyncRun
from crm.models.state import ConnectionState, PairSuggestion, RecordState

__all__ = [
    "ConnectionState",
    "CrmConnection",
    "FieldMapping",
    "PairSuggestion",
    "RecordState",
    "StageMapping",
    "SyncRecord",
    "SyncRun",
]
