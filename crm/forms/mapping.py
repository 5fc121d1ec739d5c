"""The forms that say which fields and stages of a CRM stand for ours."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.domain.mappings import REQUIRED
from crm.domain.our_fields import FIELDS
from crm.enums import Resource
from crm.models import CrmConnection
from deals.models import Stage


class FieldsForm(forms.Form):
    """Their field for each of ours; what the CRM offers is proposed while typing."""

    def __init__(self, *args: Any, connection: CrmConnection, resource: Resource, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": resource.value})
        self.resource = resource
        current = dict(connection.field_mappings.filter(resource=resource).values_list("our_field", "their_field"))
        for name, known in FIELDS[resource].items():
            self.fields[name] = forms.CharField(
                label=capfirst(str(known.label)),
                max_length=200,
                required=name == REQUIRED[resource],
                initial=current.get(name, ""),
                widget=forms.TextInput(
                    {
                        "list": f"their-{resource.value}",
                        "placeholder": _("stays here"),
                        "autocomplete": "off",
                        "spellcheck": "false",
                    }
                ),
            )


class StagesForm(forms.Form):
    """Their stage for each of ours, pipeline by pipeline."""

    def __init__(
        self, *args: Any, connection: CrmConnection, stages: Sequence[Stage], offered: Sequence[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        current = dict(connection.stage_mappings.values_list("stage_id", "their_stage"))
        known = {stage["key"] for stage in offered}
        pipelines = {stage["pipeline"] for stage in offered}
        groups: dict[str, list[tuple[str, str]]] = {}
        for stage in offered:
            # A closed menu does not show the group of what is chosen.
            label = f"{stage['label']} · {stage['pipeline']}" if len(pipelines) > 1 else stage["label"]
            groups.setdefault(stage["pipeline"], []).append((stage["key"], label))
        for stage in stages:
            value = current.get(stage.pk, "")
            # One that is not offered any more stays chosen until somebody chooses another.
            kept = [(value, value)] if value and value not in known else []
            choices: list[Any] = [("", _("– none –")), *kept]
            for pipeline, pairs in groups.items():
                choices += [(pipeline, pairs)] if pipeline else pairs
            is_archived = stage.archived_at is not None or stage.pipeline.archived_at is not None
            self.fields[f"stage-{stage.pk}"] = forms.ChoiceField(
                label=_("%(name)s (archived)") % {"name": stage.name} if is_archived else stage.name,
                choices=choices,
                required=False,
                initial=value,
            )

    @property
    def stages(self) -> dict[int, str]:
        """Their stage by our stage's id."""
        return {int(name.removeprefix("stage-")): value for name, value in self.cleaned_data.items()}
