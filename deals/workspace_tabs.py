"""Extension point of the deal's workspace: apps above add tabs of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.requests import UserRequest
from deals.models import Deal
from lrs_tracker.visibility import Viewer


@dataclass(frozen=True, slots=True)
class WorkspaceTab:
    """A tab of another app in the workspace of a deal.

    `context(request, deal)` fills `template` when the tab is open. `rows(user)` are the rows, each with a `deal`,
    that are counted beside its label, as a part of the query of the deal.
    """

    key: str
    label: str | Promise
    template: str
    context: Callable[[UserRequest, Deal], dict[str, Any]]
    rows: Callable[[Viewer], QuerySet[Any]]

    @property
    def count_name(self) -> str:
        """What the count is called on the deal of a workspace."""
        return f"{self.key}_count"


_tabs: dict[str, WorkspaceTab] = {}


def register_tab(tab: WorkspaceTab) -> None:
    """Add a tab; called from `AppConfig.ready`."""
    _tabs[tab.key] = tab


def workspace_tabs() -> dict[str, WorkspaceTab]:
    """Return the tabs of other apps by key, in the order of registration."""
    return dict(_tabs)
