"""The choice of one of an agreement's reporting periods."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from royalties.domain.periods import name_period
from royalties.domain.report_periods import periods_between
from royalties.models import Agreement


class PeriodForm(forms.Form):
    """Which period, the latest first; at first the latest that is over."""

    period = forms.ChoiceField(label=_("Period"))

    def __init__(self, *args: Any, agreement: Agreement, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = agreement.effective_on
        begun = list(periods_between(agreement, first, today)) if first else []
        self.periods = {period.ends_on.isoformat(): (period.starts_on, period.ends_on) for period in reversed(begun)}
        choices = [(value, name_period(*days)) for value, days in self.periods.items()]
        field_of(self, "period", forms.ChoiceField).choices = choices
        if self.initial.get("period") not in self.periods:
            self.initial["period"] = next((value for value, days in self.periods.items() if days[1] < today), None)

    @property
    def period_days(self) -> tuple[dt.date, dt.date]:
        """The first and last day of the chosen period."""
        return self.periods[self.cleaned_data["period"]]
