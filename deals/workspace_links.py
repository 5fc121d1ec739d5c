"""Extension point of the deal's workspace: apps above add links to what they give about a deal."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from deals.models import Deal


@dataclass(frozen=True, slots=True)
class WorkspaceLink:
    """A link of another app in the header of a workspace; `address` returns its path for a deal."""

    key: str
    label: str | Promise
    icon_name: str
    address: Callable[[Deal], str]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link with its path for one deal."""

    label: str | Promise
    icon_name: str
    path: str


_links: dict[str, WorkspaceLink] = {}


def register_link(link: WorkspaceLink) -> None:
    """Add a link; called from `AppConfig.ready`."""
    _links[link.key] = link


def workspace_links(deal: Deal) -> list[ShownLink]:
    """Return the links of other apps for a deal, in the order of registration."""
    return [ShownLink(link.label, link.icon_name, link.address(deal)) for link in _links.values()]
