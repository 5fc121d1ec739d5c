"""A page that shows every component with invented content; served in development only."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

DAY = dt.timedelta(days=1)


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(help_text="What the deal is about, in a few words.")
    company = forms.ChoiceField(
        choices=[("", "–"), ("1", "Meridian Motor"), ("2", "Kestrel Vehicles")],
        widget=forms.Select({"data-select": ""}),
    )
    scope = forms.MultipleChoiceField(
        choices=[("licence", "Licence"), ("construction", "Construction"), ("operation", "Operation")],
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.MultipleChoiceField(
        choices=[("eu", "Europe"), ("na", "North America")], widget=forms.SelectMultiple({"data-select": ""})
    )
    currency = forms.ChoiceField(choices=[("USD", "USD"), ("EUR", "EUR")], widget=forms.RadioSelect)
    capacity_gwh = forms.DecimalField(min_value=0, label="Capacity, GWh")
    sop_on = forms.DateField(label="Expected SOP", widget=forms.DateInput({"type": "date"}))
    stage = forms.ChoiceField(choices=[("1", "Feasibility")])
    document = forms.FileField(required=False)
    is_confidential = forms.BooleanField(label="Confidential: named team only", required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)


def _deals(today: dt.date) -> list[dict[str, Any]]:
    rows = [
        ("LRS-0051", "Northlake Motors", "24", "21600000", "USD", 2),
        ("LRS-0048", "Veyra Automobiles", "12.5", "9000000", "EUR", 7),
        ("LRS-0044", "Casuarina EV", "30", "27000000", "USD", -3),
    ]
    return [
        {
            "code": code,
            "company": company,
            "capacity_gwh": Decimal(capacity),
            "royalty": Decimal(royalty),
            "currency": currency,
            "next_step_on": today + days * DAY,
            "is_overdue": days < 0,
        }
        for code, company, capacity, royalty, currency, days in rows
    ]


def show_components(request: HttpRequest) -> HttpResponse:
    """Show every component; `?errors` fills the form wrongly and `?toasts` raises messages."""
    today: dt.date = request.today  # type: ignore[attr-defined]  # set by ReaderMiddleware
    now = dt.datetime.combine(today, dt.time(9, 42), tzinfo=dt.UTC)
    if "toasts" in request.GET:
        messages.success(request, "LRS-0031 saved.")
        messages.error(request, "The NDA expires in 6 days.")
    paths = ["Target", "Contact", "NDA", "Feasibility", "Clearance", "Term sheet", "Agreements", "Signed", "FID & site"]
    states = ["done"] * 4 + ["current"] + ["next"] * 4
    context = {
        "today": today,
        "deals": _deals(today),
        "regions": [{"value": "eu", "label": "Europe"}, {"value": "na", "label": "North America"}],
        "trail": [{"label": "Board", "url": "#"}, {"label": "LRS licensing", "url": "#"}],
        "facts": ["Licence · Construction · Operation", "North America", "owner Maria Falk", "confidential: team of 4"],
        "royalty": Decimal(31_500_000),
        "probability": Decimal(30),
        "sop_on": dt.date(2029, 9, 1),
        "kinds": ["late", "blocked", "waiting", "done", "info"],
        "stages": [
            {"name": name, "state": state, "note": "day 22 of 60" if state == "current" else ""}
            for name, state in zip(paths, states, strict=True)
        ],
        "menu_stages": [{"id": n, "name": name, "is_current": n == 4} for n, name in enumerate(paths)],
        "gates": [
            {"title": "Technology classified item by item", "state": "met", "url": "#", "label": "Open",
             "note": "Cathode preparation 252604X: restricted · cell assembly: free · by Wei Lin, 3 Nov"},
            {"title": "Letter of intent granted", "state": "open", "pill": "Waiting", "pill_kind": "waiting",
             "note": "Technology export, China · filed 28 Oct · working day 17 of 30, due 12 Dec"},
            {"title": "US counsel memo", "state": "waived", "note": "Waived by Maria Falk: memo follows by post."},
        ],
        "tabs": [
            {"label": "Timeline", "url": "#", "is_current": True},
            {"label": "Tasks", "url": "#", "count": 3},
            {"label": "Documents", "url": "#", "count": 8},
            {"label": "Approvals", "url": "#", "count": 4},
        ],
        "entries": [
            {"who": "Maria Falk", "at": now, "body": "Grid connection slipped one quarter; utility letter attached.",
             "text": mark_safe('set expected SOP <span class="was">Q2 2029</span> → <span class="is">Q3 2029</span>')},
            {"who": "Wei Lin", "at": now - 3 * DAY, "text": "noted",
             "body": "Authority asked whether the pre-lithiation step is in scope. It is not."},
            {"icon": "bell", "at": now - 20 * DAY, "text": "Reminder sent to Maria Falk and Wei Lin"},
        ],
        "page": Paginator(range(38), 10).page(2),
        "form": SampleForm({"title": "", "capacity_gwh": "-3"} if "errors" in request.GET else None),
    }  # fmt: skip
    return render(request, "styleguide/components.html", context)
