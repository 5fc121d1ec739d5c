"""What a move asks of the person who makes it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deals.domain.moves import MoveNeeds, find_target, left_path_at, move_kind
from deals.enums import PATH_TYPES, MoveKind
from deals.models import Deal, Stage
from lrs_tracker.form_fields import field_of

# In the order in which they are offered: where a deal most likely goes comes first.
_GROUPS = {
    MoveKind.FORWARD: _("Forward"),
    MoveKind.RESUME: _("Resume"),
    MoveKind.REOPEN: _("Reopen: needs a reason"),
    MoveKind.BACK: _("Back: needs a reason"),
    MoveKind.ASIDE: _("Off the path: needs a reason"),
}


class TargetField(forms.ModelChoiceField):
    """A stage that a deal can move to, read with the rules for its cards."""

    deal: Deal

    def to_python(self, value: Any) -> Stage | None:
        """Return the stage with this key."""
        if value in self.empty_values:
            return None
        pk = str(value)
        stage = find_target(pk=int(pk), deal=self.deal) if pk.isdecimal() and len(pk) < 19 else None
        if stage is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return stage


class MoveForm(forms.Form):
    """Where a deal goes, and the reason and date that the move needs."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    stage = TargetField(label=_("Move to"), queryset=Stage.objects.none(), empty_label=None)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3, "autofocus": True})
    )
    resume_on = forms.DateField(label=_("Resume on"), required=False, widget=forms.DateInput({"type": "date"}))
    waiver_reason = forms.CharField(
        label=_("Reason for waiving"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "autofocus": True}),
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        """Ask for a stage of the deal's pipeline."""
        super().__init__(*args, **kwargs)
        self.deal = deal
        field_of(self, "stage", TargetField).deal = deal
        self.fields["version"].initial = deal.version

    def offer_stages(self) -> None:
        """Let the other stages be chosen from, by what the move would be; the next of the path comes first."""
        source = self.deal.stage
        stages = Stage.objects.filter(pipeline=source.pipeline_id, archived_at__isnull=True).exclude(pk=source.pk)
        stages = stages.order_by("position", "pk")
        offered = field_of(self, "stage", TargetField)
        offered.queryset = stages
        kinds = _by_kind(source, stages)
        likely = kinds.get(MoveKind.FORWARD, [None])[0] if source.type in PATH_TYPES else left_path_at(self.deal)
        self.initial.setdefault("stage", likely and likely.pk)
        offered.choices = [
            *([] if likely else [("", _("Choose a stage"))]),
            *(
                (label, [(stage.pk, stage.name) for stage in kinds[kind]])
                for kind, label in _GROUPS.items()
                if kind in kinds
            ),
        ]
        self.fields["reason"].help_text = _("Needed for a move back, off the path, or to reopen.")
        self.fields["resume_on"].help_text = _("Needed for a stage on hold.")
        del self.fields["waiver_reason"]

    def ask_for(self, needs: MoveNeeds, *, waiving: bool) -> None:
        """Keep only the fields that a move needs, now that it is known where it goes."""
        self.fields["stage"].widget = forms.HiddenInput()
        if not needs.reason:
            del self.fields["reason"]
        if not needs.resume_on:
            del self.fields["resume_on"]
        if not waiving:
            del self.fields["waiver_reason"]


def _by_kind(source: Stage, targets: Iterable[Stage]) -> dict[MoveKind, list[Stage]]:
    kinds: dict[MoveKind, list[Stage]] = {}
    for target in targets:
        kinds.setdefault(move_kind(source=source, target=target), []).append(target)
    return kinds
