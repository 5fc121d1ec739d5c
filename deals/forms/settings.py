"""Shaping pipelines, stages and gates."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from deals.domain.gate_facts import kinds
from deals.enums import StageType
from deals.models import Gate, Pipeline, Stage
from lrs_tracker.form_fields import field_of

# The largest number that the database keeps as rot days.
MAX_ROT_DAYS = 32767


class PipelineForm(forms.Form):
    """The name of a pipeline."""

    name = forms.CharField(label=_("Name"), max_length=Pipeline._meta.get_field("name").max_length)


class StageForm(forms.Form):
    """What a stage is called, what it means, and its defaults."""

    name = forms.CharField(label=_("Name"), max_length=Stage._meta.get_field("name").max_length)
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


class GateWordsForm(forms.Form):
    """How a gate is worded."""

    label = forms.CharField(label=_("What must be true"), max_length=Gate._meta.get_field("label").max_length)
    help = forms.CharField(label=_("Why, or how"), required=False, max_length=Gate._meta.get_field("help").max_length)


class GateForm(FactForm, GateWordsForm):
    """A new gate."""

    field_order = ("fact", "label", "help")
