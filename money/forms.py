"""Forms of the money app."""

import csv
import io

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.versioned_forms import VersionedForm
from money.models import FxRate

MAX_FILE_BYTES = 8 * 1024 * 1024


class CurrencyInput(forms.TextInput):
    """A currency code, which may be typed in small letters."""

    def value_from_datadict(self, data, files, name):  # type: ignore[no-untyped-def]  # Django's own signature
        """Return the code in capitals."""
        value = super().value_from_datadict(data, files, name)
        return value.strip().upper() if isinstance(value, str) else value


class FxRateForm(VersionedForm):
    """A rate with its source."""

    class Meta:
        model = FxRate
        fields = ["base", "quote", "rate", "on", "kind", "source"]
        widgets = {
            "base": CurrencyInput({"autocapitalize": "characters", "spellcheck": "false"}),
            "quote": CurrencyInput({"autocapitalize": "characters", "spellcheck": "false"}),
            "on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }

    def clean(self) -> dict[str, object]:
        """Refuse a currency against itself and a rate of nothing, at their fields."""
        cleaned = super().clean()
        if cleaned.get("base") and cleaned.get("base") == cleaned.get("quote"):
            self.add_error("quote", _("Choose another currency than the first."))
        rate = cleaned.get("rate")
        if rate is not None and rate <= 0:
            self.add_error("rate", _("A rate is above zero."))
        return cleaned


class EcbFileForm(forms.Form):
    """An ECB rate file, and from when on its rates are wanted."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("eurofxref.csv or eurofxref-hist.csv, unpacked, as the European Central Bank publishes them."),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )
    since = forms.DateField(
        label=_("Rates from"),
        validators=[validate_plausible_date],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_file(self) -> io.StringIO:
        """Return the text of the file."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(_("This file is larger than 8 MB: it is no ECB rate file."))
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This file is not text: unpack it first.")) from None
        if "\0" in text or any(len(line) > csv.field_size_limit() for line in text.splitlines()):
            raise forms.ValidationError(_("This file is not text: unpack it first."))
        return io.StringIO(text)
