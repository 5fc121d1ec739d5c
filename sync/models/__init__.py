"""Models of the sync app."""

from sync.models.changes import Change
from sync.models.refs import ExternalRef

__all__ = ["Change", "ExternalRef"]
