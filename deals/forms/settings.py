"""Shaping pipelines, stages and gates."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from deals.domain.gate_facts import kinds
from deals.enums import StageType
from deals.models import Gate, Pipeline, Stage
from deals.models.pipelines import MAX_DUE_AFTER_DAYS
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm

# The largest number that the database keeps as rot days.
MAX_ROT_DAYS = 32767


class PipelineForm(VersionedForm):
    """The name of a pipeline."""

    class Meta:
        model = Pipeline
        fields = ("name",)

    def validate_constraints(self) -> None:
        """Leave a name that is taken to the domain, which says so beside the field."""


class StageForm(VersionedForm):
    """What a stage is called, what it means, and its defaults."""

    type = forms.ChoiceField(label=_("Type"), choices=StageType, help_text=_("What being here means for a deal."))
    probability_percent = forms.IntegerField(
        label=_("Default probability, %"), initial=0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    rot_days = forms.IntegerField(
        label=_("Stuck after, days"),
        required=False,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ROT_DAYS)],
        help_text=_("Empty: never."),
    )

    class Meta:
        model = Stage
        fields = ("name", "type", "probability_percent", "rot_days")

    def clean_type(self) -> StageType:
        """Return the type as one."""
        return StageType(self.cleaned_data["type"])


class EmptyStageForm(forms.Form):
    """Where the deals of a stage go, and why."""

    target = forms.ModelChoiceField(label=_("Move them to"), queryset=Stage.objects.none())
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, help_text=_("Kept with every move; gates on the way are waived with it.")
    )

    def __init__(self, *args: Any, stage: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Stage.objects.filter(pipeline_id=stage.pipeline_id, archived_at__isnull=True)
        targets = others.exclude(pk=stage.pk).exclude(type=StageType.HOLD).order_by("position")
        field_of(self, "target", forms.ModelChoiceField).queryset = targets


def fact_choices() -> list[Any]:
    """Return what gates can ask for, grouped by kind; values are `kind:requirement`."""
    choices: list[Any] = []
    for name, kind in kinds().items():
        if kind.requirements:
            facts = [(f"{name}:{requirement}", capfirst(label)) for requirement, label in kind.requirements]
            choices.append((kind.label, facts))
        else:
            choices.append((f"{name}:", kind.label))
    return choices


class FactForm(forms.Form):
    """What a gate asks for."""

    fact = forms.ChoiceField(label=_("Checks"), choices=fact_choices)

    def clean_fact(self) -> tuple[str, str]:
        """Return kind and requirement."""
        kind, _separator, requirement = self.cleaned_data["fact"].partition(":")
        return kind, requirement


def _due_after_days() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Due after, days in the stage"),
        required=False,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DUE_AFTER_DAYS)],
        help_text=_("Who is responsible for the deal is reminded then. Empty: never."),
    )


class GateForm(FactForm):
    """A new gate."""

    label = forms.CharField(label=_("What must be true"), max_length=Gate._meta.get_field("label").max_length)
    help = forms.CharField(label=_("Why, or how"), required=False, max_length=Gate._meta.get_field("help").max_length)
    due_after_days = _due_after_days()


class GateWordsForm(VersionedForm):
    """How a gate is worded, and when it is due."""

    due_after_days = _due_after_days()

    class Meta:
        model = Gate
        fields = ("label", "help", "due_after_days")
