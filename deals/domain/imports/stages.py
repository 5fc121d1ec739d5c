"""The pipeline and stages of an import: found by name, or made when the map allows it."""

import re
from collections.abc import Iterable

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext as _

from deals.domain.imports.mapping import ImportMap, StageTarget, value_key
from deals.domain.imports.problems import CellError, MapInvalidError, short
from deals.enums import PATH_TYPES, StageType
from deals.models import Pipeline, Stage

# What well-known stage names of other systems mean here. A won deal is signed: delivery begins.
# Any other name is an open stage. The order of the open names is the usual one of a sale.
_KNOWN_TYPES = (
    (StageType.LOST, r"lost|closed lost|rejected|declined|dead|no decision|disqualified|丢单|输单"),
    (StageType.DELIVERY, r"won|closed won|signed|contract signed|赢单|已签约"),
    (StageType.HOLD, r"on hold|hold|paused|parked|stalled"),
    (StageType.ENDED, r"ended|terminated|expired|cancell?ed"),
)
_KNOWN_ORDER = (
    "prospect",
    "lead",
    "target",
    "contact",
    "qualif",
    "engag",
    "discover",
    "demo",
    "evaluat",
    "propos",
    "quote",
    "negotiat",
    "contract",
)
_TYPE_ORDER = (
    StageType.OPEN,
    StageType.DELIVERY,
    StageType.EARNING,
    StageType.HOLD,
    StageType.LOST,
    StageType.ENDED,
)


def find_pipeline(import_map: ImportMap) -> Pipeline:
    """Return the pipeline of the map, unsaved when it is to be made; raise MapInvalidError when it may not be."""
    named = models.Q(name__iexact=import_map.pipeline) | models.Q(slug=import_map.pipeline)
    found = Pipeline.objects.filter(named).order_by("pk").first()
    if found is not None:
        if found.archived_at is not None:
            raise MapInvalidError(_("The pipeline “%(name)s” is archived.") % {"name": found.name}, field="pipeline")
        return found
    if "pipeline" not in import_map.create:
        raise MapInvalidError(
            _("There is no pipeline “%(name)s”. Name an existing one, or allow the pipeline to be made.")
            % {"name": short(import_map.pipeline)},
            field="pipeline",
        )
    position = Pipeline.objects.aggregate(last=models.Max("position"))["last"]
    return Pipeline(
        name=import_map.pipeline,
        slug=_free_slug(import_map.pipeline),
        position=0 if position is None else position + 1,
    )


def _free_slug(name: str) -> str:
    wanted = slugify(name, allow_unicode=True)[:70] or "pipeline"
    taken = set(Pipeline.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


class StageBook:
    """The stages that the values of a file stand for."""

    def __init__(self, *, pipeline: Pipeline, import_map: ImportMap, texts: Iterable[str]) -> None:
        self._map = import_map
        existing = pipeline.stages.filter(archived_at__isnull=True).order_by("position") if pipeline.pk else ()
        self._stages = {value_key(stage.name): stage for stage in existing}
        self._may_create = "stage" in import_map.create
        self.new: list[Stage] = []
        self.new_types_guessed: set[str] = set()
        if self._may_create:
            self._prepare_new(pipeline, texts)

    def find(self, text: str) -> Stage:
        """Return the stage that a value stands for; raise CellError when there is none."""
        target = self._target(text)
        stage = self._stages.get(value_key(target.name))
        if stage is None:
            known = ", ".join(stage.name for stage in self._stages.values())
            raise CellError(
                _("There is no stage “%(name)s” in the pipeline. It has: %(known)s.")
                % {"name": short(target.name), "known": short(known, 300)}
            )
        return stage

    def _target(self, text: str) -> StageTarget:
        return self._map.stages.get(value_key(text)) or StageTarget(text)

    def _prepare_new(self, pipeline: Pipeline, texts: Iterable[str]) -> None:
        targets: dict[str, StageTarget] = {}
        for text in texts:
            target = self._target(text)
            key = value_key(target.name)
            if key not in self._stages and len(target.name) <= 80:
                targets.setdefault(key, target)
        wanted = [(target, target.type or known_type(target.name)) for target in targets.values()]
        wanted.sort(key=lambda pair: (_TYPE_ORDER.index(pair[1]), _usual_place(pair[0].name)))
        position = max((stage.position for stage in pipeline.stages.all()), default=0) if pipeline.pk else 0
        for place, (target, kind) in enumerate(wanted, start=position + 1):
            stage = Stage(
                pipeline=pipeline,
                name=target.name,
                type=kind,
                position=place,
                probability_percent=_probability(target, kind),
            )
            self._stages[value_key(target.name)] = stage
            self.new.append(stage)
            if target.type is None:
                self.new_types_guessed.add(target.name)


def known_type(name: str) -> StageType:
    """Return the type that a stage name of another system stands for: open unless it is well known."""
    words = " ".join(re.split(r"[\W_]+", name.casefold())).strip()
    return next((kind for kind, names in _KNOWN_TYPES if re.fullmatch(names, words)), StageType.OPEN)


def _usual_place(name: str) -> int:
    words = name.casefold()
    return next((place for place, start in enumerate(_KNOWN_ORDER) if start in words), len(_KNOWN_ORDER))


def _probability(target: StageTarget, kind: StageType) -> int:
    if target.probability_percent is not None:
        return target.probability_percent
    return 100 if kind in PATH_TYPES - {StageType.OPEN} else 0
