"""The filters of deals and of what belongs to them, shared by board, table, export and API."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.enums import Region
from companies.models import Company, Contact
from deals.domain.gate_facts import kinds
from deals.domain.search import has_word
from deals.enums import DECIDED_STATUSES, ApprovalStatus, DocumentAudience, DocumentKind, MoveKind, NoteKind, StageType
from deals.models import (
    Approval,
    Deal,
    Document,
    Gate,
    Note,
    Pipeline,
    Stage,
    StageTransition,
    Task,
    Waiver,
)
from lrs_tracker.countries import country_choices
from lrs_tracker.full_text import every_word, has_words
from lrs_tracker.visible_filters import visible_rows
from plants.enums import Chemistry
from plants.models import Plant

_CODE = re.compile(r"(?:LRS-)?0*([0-9]{1,9})", re.IGNORECASE)
YES = [("1", _("Yes"))]
YES_OR_NO = [("1", _("Yes")), ("0", _("No"))]


def _is_about(word: str) -> models.Q:
    code = _CODE.fullmatch(word)
    return has_word(word) | models.Q(pk=int(code[1])) if code else has_word(word)


def _all_of(model: type[models.Model]) -> models.QuerySet[Any]:
    return model._default_manager.order_by("pk")


class DealFilter(django_filters.FilterSet):
    """Narrow a queryset of deals by the parameters of an address.

    A value that is not known matches nothing, and `problems` says why. Parameters that are not filters
    (such as `sort` or `page`) are left alone.
    """

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    owner = django_filters.ModelMultipleChoiceFilter(
        label=_("Owner"), queryset=_all_of(User), null_label=_("Nobody"), distinct=False
    )
    region = django_filters.MultipleChoiceFilter(label=_("Region"), choices=Region.choices, distinct=False)
    chemistry = django_filters.MultipleChoiceFilter(label=_("Chemistry"), choices=Chemistry.choices, distinct=False)
    company = django_filters.ModelMultipleChoiceFilter(label=_("Company"), queryset=_all_of(Company), distinct=False)
    pipeline = django_filters.ModelChoiceFilter(
        label=_("Pipeline"), field_name="stage__pipeline", queryset=_all_of(Pipeline), to_field_name="slug"
    )
    stage = django_filters.ModelMultipleChoiceFilter(label=_("Stage"), queryset=_all_of(Stage), distinct=False)
    mine = django_filters.ChoiceFilter(label=_("Mine and my team's"), choices=YES, method="keep_mine")
    stuck = django_filters.ChoiceFilter(label=_("Stuck"), choices=YES, method="keep_stuck")
    confidential = django_filters.ChoiceFilter(label=_("Confidential"), choices=YES_OR_NO, method="keep_confidential")

    class Meta:
        model = Deal
        fields: list[str] = []

    def __init__(self, params: Mapping[str, Any], *, deals: models.QuerySet[Deal], user: User, at: dt.datetime) -> None:
        """Filter `deals` by `params` (a QueryDict) as seen by `user` at an instant."""
        super().__init__(params, queryset=deals)
        self.user = user
        self.at = at

    @property
    def active(self) -> list[str]:
        """The names of the filters that the address sets."""
        return [name for name in self.filters if self.data.get(name, "") != ""]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the values, one sentence each."""
        if not self.active:
            return []
        return [f"{self.filters[name].label}: {error}" for name, found in self.errors.items() for error in found]

    @property
    def qs(self) -> models.QuerySet[Deal]:
        """The deals that match; none when a value is not known."""
        if not hasattr(self, "_qs"):
            if not self.active:
                self._qs = self.queryset
            else:
                self._qs = self.queryset.none() if self.errors else self.filter_queryset(self.queryset)
        return self._qs

    def search(self, deals: models.QuerySet[Deal], name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that have every word in their title, their company or their code."""
        return deals.filter(every_word(value, _is_about))

    def keep_mine(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that the user owns or works on."""
        return deals.mine(self.user)

    def keep_stuck(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that are longer in their stage than its rot days."""
        return deals.stuck_at(self.at)

    def keep_confidential(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that are confidential, or those that are not."""
        return deals.filter(is_confidential=value == "1")


class DealResourceFilter(DealFilter):
    """The filters of deals for programs: a pipeline by its id, yes and no in words, and what a deal hangs on."""

    pipeline = django_filters.ModelMultipleChoiceFilter(
        label=_("Pipeline"), field_name="stage__pipeline", queryset=_all_of(Pipeline), distinct=False
    )
    plant = django_filters.ModelMultipleChoiceFilter(
        label=_("Plant"), queryset=_all_of(Plant), method="keep_with_plants"
    )
    contact = django_filters.ModelMultipleChoiceFilter(
        label=_("Contact"), queryset=_all_of(Contact), method="keep_with_contacts"
    )
    member = django_filters.ModelMultipleChoiceFilter(
        label=_("In the team"), queryset=_all_of(User), method="keep_with_members"
    )
    stage_type = django_filters.MultipleChoiceFilter(
        label=_("Type of the stage"), field_name="stage__type", choices=StageType.choices, distinct=False
    )
    closed = django_filters.BooleanFilter(label=_("Lost or ended"), method="keep_closed")
    mine = django_filters.BooleanFilter(label=_("Mine and my team's"), method="keep_mine_or_not")
    stuck = django_filters.BooleanFilter(label=_("Stuck"), method="keep_stuck_or_not")
    confidential = django_filters.BooleanFilter(label=_("Confidential"), field_name="is_confidential")

    def keep_with_plants(self, deals: Any, name: str, value: Any) -> models.QuerySet[Deal]:
        """Keep the deals about any of some plants."""
        return _with(deals, value, "deal_plants__plant__in")

    def keep_with_contacts(self, deals: Any, name: str, value: Any) -> models.QuerySet[Deal]:
        """Keep the deals in which any of some contacts has a role."""
        return _with(deals, value, "deal_contacts__contact__in")

    def keep_with_members(self, deals: Any, name: str, value: Any) -> models.QuerySet[Deal]:
        """Keep the deals of which any of some users is in the team."""
        return _with(deals, value, "team_members__user__in")

    def keep_closed(self, deals: Any, name: str, value: bool) -> models.QuerySet[Deal]:
        """Keep the deals that are lost or ended, or those that are not."""
        return _among(deals, Deal.objects.unclosed(), is_kept=not value)

    def keep_mine_or_not(self, deals: Any, name: str, value: bool) -> models.QuerySet[Deal]:
        """Keep the deals that the user owns or works on, or the others."""
        return _among(deals, Deal.objects.mine(self.user), is_kept=value)

    def keep_stuck_or_not(self, deals: Any, name: str, value: bool) -> models.QuerySet[Deal]:
        """Keep the deals that are longer in their stage than its rot days, or the others."""
        return _among(deals, Deal.objects.stuck_at(self.at), is_kept=value)


def _with(deals: models.QuerySet[Deal], rows: Any, lookup: str) -> models.QuerySet[Deal]:
    # In a subquery, so that a deal with two of them comes once.
    return deals.filter(pk__in=Deal.objects.filter(**{lookup: list(rows)}).values("pk")) if rows else deals


def _among(deals: models.QuerySet[Deal], some: models.QuerySet[Deal], *, is_kept: bool) -> models.QuerySet[Deal]:
    keys = some.values("pk")
    return deals.filter(pk__in=keys) if is_kept else deals.exclude(pk__in=keys)


class PipelineFilter(django_filters.FilterSet):
    """Name, and whether archived ones show."""

    text_columns: tuple[str, ...] = ("name",)

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    archived = django_filters.BooleanFilter(
        label=_("Archived"), field_name="archived_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Pipeline
        fields: list[str] = []

    def search(self, rows: models.QuerySet[Any], name: str, value: str) -> models.QuerySet[Any]:
        """Keep the rows that have every word."""
        return rows.filter(has_words(value, *self.text_columns))


class StageFilter(PipelineFilter):
    """Name, pipeline, type, and whether archived ones show."""

    pipeline = django_filters.ModelMultipleChoiceFilter(
        label=_("Pipeline"), queryset=visible_rows(Pipeline), distinct=False
    )
    type = django_filters.MultipleChoiceFilter(label=_("Type"), choices=StageType.choices, distinct=False)

    class Meta:
        model = Stage
        fields: list[str] = []


class GateFilter(PipelineFilter):
    """Text, stage, pipeline, what is asked for, and whether archived ones show."""

    text_columns = ("label", "help")

    stage = django_filters.ModelMultipleChoiceFilter(label=_("Stage"), queryset=visible_rows(Stage), distinct=False)
    pipeline = django_filters.ModelMultipleChoiceFilter(
        label=_("Pipeline"), field_name="stage__pipeline", queryset=visible_rows(Pipeline), distinct=False
    )
    kind = django_filters.MultipleChoiceFilter(
        label=_("Kind"), choices=lambda: [(name, kind.label) for name, kind in kinds().items()], distinct=False
    )

    class Meta:
        model = Gate
        fields: list[str] = []


class _PartFilter(django_filters.FilterSet):
    """Text in some columns, the deal, and its company."""

    text_columns: tuple[str, ...]

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    deal = django_filters.ModelMultipleChoiceFilter(label=_("Deal"), queryset=visible_rows(Deal), distinct=False)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), field_name="deal__company", queryset=visible_rows(Company), distinct=False
    )

    def search(self, rows: models.QuerySet[Any], name: str, value: str) -> models.QuerySet[Any]:
        """Keep the rows that have every word."""
        return rows.filter(has_words(value, *self.text_columns))


class TransitionFilter(_PartFilter):
    """Text, deal, company, both stages, kind, and who moved it."""

    text_columns = ("reason",)
    from_stage = django_filters.ModelMultipleChoiceFilter(label=_("From"), queryset=visible_rows(Stage), distinct=False)
    to_stage = django_filters.ModelMultipleChoiceFilter(label=_("To"), queryset=visible_rows(Stage), distinct=False)
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=MoveKind.choices, distinct=False)
    by = django_filters.ModelMultipleChoiceFilter(label=_("Who"), queryset=visible_rows(User), distinct=False)

    class Meta:
        model = StageTransition
        fields: list[str] = []


class WaiverFilter(_PartFilter):
    """Text, deal, company, gate, move, and who let it pass."""

    text_columns = ("label", "reason")
    gate = django_filters.ModelMultipleChoiceFilter(label=_("Gate"), queryset=visible_rows(Gate), distinct=False)
    transition = django_filters.ModelMultipleChoiceFilter(
        label=_("Move"), queryset=visible_rows(StageTransition), distinct=False
    )
    by = django_filters.ModelMultipleChoiceFilter(label=_("Who"), queryset=visible_rows(User), distinct=False)

    class Meta:
        model = Waiver
        fields: list[str] = []


class ApprovalFilter(_PartFilter):
    """Text, deal, company, status, jurisdiction, and whether it is decided."""

    text_columns = ("regime", "authority", "conditions")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=ApprovalStatus.choices, distinct=False)
    jurisdiction = django_filters.MultipleChoiceFilter(label=_("Jurisdiction"), choices=country_choices, distinct=False)
    decided = django_filters.BooleanFilter(label=_("Decided"), method="keep_decided")

    class Meta:
        model = Approval
        fields: list[str] = []

    def keep_decided(self, approvals: models.QuerySet[Approval], name: str, value: bool) -> models.QuerySet[Approval]:
        """Keep the approvals that were decided, or those that wait."""
        decided = models.Q(status__in=sorted(DECIDED_STATUSES))
        return approvals.filter(decided if value else ~decided)


class TaskFilter(_PartFilter):
    """Text, deal, company, assignee, whether it is done, and when it is due."""

    text_columns = ("title",)
    assignee = django_filters.ModelMultipleChoiceFilter(
        label=_("Who"), queryset=visible_rows(User), null_label=_("Nobody"), distinct=False
    )
    done = django_filters.BooleanFilter(label=_("Done"), field_name="done_at", lookup_expr="isnull", exclude=True)
    due_from = django_filters.DateFilter(
        label=_("Due on this day or later"), field_name="due_on", lookup_expr="gte", input_formats=["%Y-%m-%d"]
    )
    due_until = django_filters.DateFilter(
        label=_("Due on this day or earlier"), field_name="due_on", lookup_expr="lte", input_formats=["%Y-%m-%d"]
    )

    class Meta:
        model = Task
        fields: list[str] = []


class NoteFilter(_PartFilter):
    """Text, deal, company, kind and author."""

    text_columns = ("body",)
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=NoteKind.choices, distinct=False)
    author = django_filters.ModelMultipleChoiceFilter(label=_("Author"), queryset=visible_rows(User), distinct=False)

    class Meta:
        model = Note
        fields: list[str] = []


class DocumentFilter(_PartFilter):
    """Text, deal, company, type, who may open it, and who uploaded it."""

    text_columns = ("title", "file_name")
    kind = django_filters.MultipleChoiceFilter(label=_("Type"), choices=DocumentKind.choices, distinct=False)
    audience = django_filters.ChoiceFilter(label=_("Who may open it"), choices=DocumentAudience.choices)
    uploaded_by = django_filters.ModelMultipleChoiceFilter(
        label=_("Uploaded by"), queryset=visible_rows(User), distinct=False
    )

    class Meta:
        model = Document
        fields: list[str] = []
