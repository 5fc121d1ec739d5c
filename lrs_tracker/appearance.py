"""What every page needs besides its own content: theme, navigation, and the sentences of its scripts."""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

THEMES = ("auto", "light", "dark")


# Every page looks its navigation up among rendered ones: comparing destinations by their labels would translate all.
@dataclass(frozen=True, eq=False)
class Destination:
    """A page in the navigation; `keys` is its shortcut, `group` the heading it stands under.

    Scripts show a number beside the name of one with a `counter`: that of static/js/unread.js.
    """

    path: str
    label: Promise
    icon: str
    keys: str
    group: Promise | str = ""
    in_bottom_bar: bool = False
    counter: str = ""

    def is_current(self, path: str) -> bool:
        """Tell whether a request's path is this page or below it."""
        return path == "/" if self.path == "/" else path.startswith(self.path)


class Place(NamedTuple):
    """A page in the navigation as seen from a page."""

    page: Destination
    is_current: bool


_PIPELINE = gettext_lazy("Pipeline")
_INSIGHTS = gettext_lazy("Insights")

DESTINATIONS = (
    Destination("/", gettext_lazy("My day"), "list-check", "g d", in_bottom_bar=True),
    Destination("/inbox/", gettext_lazy("Inbox"), "inbox", "g n", in_bottom_bar=True, counter="unread"),
    Destination("/board/", gettext_lazy("Board"), "layout-kanban", "g b", _PIPELINE, in_bottom_bar=True),
    Destination("/deals/", gettext_lazy("Deals"), "table", "g l", _PIPELINE, in_bottom_bar=True),
    Destination("/companies/", gettext_lazy("Companies"), "building", "g c", _PIPELINE),
    Destination("/plants/", gettext_lazy("Plants"), "building-factory-2", "g p", _PIPELINE),
    Destination("/royalties/", gettext_lazy("Royalties"), "coin", "g r", _PIPELINE),
    Destination("/import/", gettext_lazy("Import"), "upload", "g i", _PIPELINE),
    Destination("/insights/forecast/", gettext_lazy("Forecast"), "chart-bar", "g f", _INSIGHTS),
)
SETTINGS = Destination("/settings/", gettext_lazy("Settings"), "settings", "g s")


def read_theme(request: HttpRequest) -> str:
    """Return the theme that this browser chose; “auto” follows its system."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else "auto"


def script_words() -> dict[str, str]:
    """Return the sentences that static/js says, by the key it says them under."""
    return _script_words(get_language())


@cache
def _script_words(_language: str | None) -> dict[str, str]:
    return {
        "close": _("Close"),
        "confirm": _("Confirm"),
        "copied": _("Copied."),
        "discard": _("Discard what you typed?"),
        "discard_yes": _("Discard"),
        "remove": _("Remove"),
        "no_results": _("Nothing found for “{query}”."),
        "error_network": _("The server did not answer. Check the connection and try again."),
        "error_400": _("The server did not understand this request. Reload the page and try again."),
        "error_401": _("You are signed out. Log in in another tab, then try again here: nothing you typed is lost."),
        "error_403": _("You may not do this."),
        "error_404": _("This is no longer here. Reload the page to see what is."),
        "error_409": _("Someone changed this in the meantime. Reload the page to see their version."),
        "error_413": _("This file is too large."),
        "error_429": _("Too many attempts. Wait a minute and try again."),
        "error_500": _("Something went wrong on our side. Nothing was saved."),
        "file_too_large": _("This file has {size} MB; at most {limit} MB can be sent."),
        "request_id": _("Request {id}"),
        "picked_up": _("{card} picked up. Arrows move it, Space drops it, Escape puts it back."),
        "over": _("{card} over {column}, place {place} of {count}."),
        "dropped": _("{card} moved to {column}."),
        "put_back": _("{card} stays in {column}."),
    }


def appearance(request: HttpRequest) -> dict[str, Any]:
    """Add theme, navigation and script sentences to the context of every page."""
    return {
        "theme": read_theme(request),
        "navigation": tuple(Place(page, page.is_current(request.path)) for page in DESTINATIONS),
        "settings_page": Place(SETTINGS, SETTINGS.is_current(request.path)),
        "script_words": script_words,
    }
