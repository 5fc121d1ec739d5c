"""The pipeline that every licence desk starts with: “LRS licensing”, thirteen stages and four beside them."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deals.enums import ContactRole, DocumentKind, GateKind, StageType
from deals.models import Gate, Pipeline, Stage
from plants.enums import MilestoneKind

DEFAULT_SLUG = "lrs-licensing"


@dataclass(frozen=True, slots=True)
class _Gate:
    """A gate; `kind` is one of ours or one that an app above registers, by its name."""

    label: str | Promise
    kind: str
    requirement: str = ""
    help: str | Promise = ""


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str | Promise
    type: StageType
    probability_percent: int
    rot_days: int | None = None
    gates: tuple[_Gate, ...] = ()


def _field(name: str, label: str | Promise) -> _Gate:
    return _Gate(label, GateKind.FIELD, name)


def _document(kind: DocumentKind, label: str | Promise, help: str | Promise = "") -> _Gate:
    return _Gate(label, GateKind.DOCUMENT, kind, help)


def _milestone(kind: MilestoneKind, label: str | Promise) -> _Gate:
    return _Gate(label, GateKind.MILESTONE, kind)


def _item(label: str | Promise, help: str | Promise = "") -> _Gate:
    return _Gate(label, GateKind.CHECKLIST, help=help)


_STAGES = (
    _Stage(
        _("Target identified"),
        StageType.OPEN,
        3,
        60,
        (
            _field("company", _("Company set")),
            _field("region", _("Region set")),
            _field("chemistry", _("Chemistry set")),
            _field("owner", _("Owner set")),
        ),
    ),
    _Stage(
        _("First contact"),
        StageType.OPEN,
        5,
        45,
        (
            _Gate(_("A meeting logged"), GateKind.MEETING),
            _Gate(_("A sponsor among the contacts"), GateKind.CONTACT_ROLE, ContactRole.SPONSOR),
        ),
    ),
    _Stage(
        _("NDA & qualification"),
        StageType.OPEN,
        10,
        45,
        (
            _document(DocumentKind.NDA, _("NDA in force"), _("Enter its expiry date with the document.")),
            _field("capacity_gwh", _("Capacity recorded")),
            _field("expected_sop_on", _("Target SOP recorded")),
            _field("plant_concept", _("Plant concept recorded")),
            _item(
                _("Sanctions screening done"),
                _("Company, its owners and the plant's country against the lists in force."),
            ),
        ),
    ),
    _Stage(
        _("Feasibility"),
        StageType.OPEN,
        20,
        90,
        (
            _document(DocumentKind.FIT_REPORT, _("Fit report")),
            _document(DocumentKind.CLASSIFICATION, _("Export-control classification of the technology")),
            _document(DocumentKind.BUSINESS_CASE, _("Business case")),
        ),
    ),
    _Stage(
        _("Clearance to negotiate"),
        StageType.OPEN,
        30,
        60,
        (
            _item(
                _("Classified as free, or export approval for a letter of intent granted"),
                _("The authority decides within 30 working days; substantive negotiation may not start before it."),
            ),
        ),
    ),
    _Stage(
        _("Term sheet"),
        StageType.OPEN,
        40,
        90,
        (
            _document(DocumentKind.TERM_SHEET, _("Term sheet")),
            _Gate(
                _("At least one royalty basis and one fee line agreed"),
                "royalty_basis",
                help=_("Enter the agreement as a draft with a royalty term and a fee."),
            ),
            _item(_("Internal price approval")),
        ),
    ),
    _Stage(
        _("Definitive agreements"),
        StageType.OPEN,
        60,
        120,
        (
            _document(DocumentKind.LICENCE, _("Licence agreement")),
            _document(DocumentKind.SERVICE, _("Service agreement")),
            _item(_("Every clause check cleared or waived")),
        ),
    ),
    _Stage(
        _("Signed, conditions precedent"),
        StageType.DELIVERY,
        80,
        90,
        (
            _field("signed_on", _("Signature date set")),
            _Gate(
                _("Every approval that the deal requires granted"),
                GateKind.APPROVALS,
                help=_("List the approvals on the deal; one that is not needed counts as granted."),
            ),
        ),
    ),
    _Stage(
        _("Effective, FID & site"),
        StageType.DELIVERY,
        90,
        120,
        (
            _field("effective_on", _("Effective date set")),
            _Gate(_("Upfront fee paid"), "upfront_fee_paid"),
            _milestone(MilestoneKind.INVESTMENT_DECISION, _("Final investment decision taken")),
            _milestone(MilestoneKind.PERMITS, _("Permits granted")),
            _milestone(MilestoneKind.GROUND_BREAKING, _("Ground broken")),
        ),
    ),
    _Stage(
        _("Build & technology transfer"),
        StageType.DELIVERY,
        95,
        180,
        (
            _Gate(_("A plant linked"), GateKind.PLANT),
            _milestone(MilestoneKind.STRUCTURE_COMPLETE, _("Structure complete")),
            _milestone(MilestoneKind.EQUIPMENT_INSTALLED, _("Equipment installed")),
            _item(_("Know-how packages accepted")),
        ),
    ),
    _Stage(
        _("Commissioning & SOP"),
        StageType.DELIVERY,
        97,
        180,
        (
            _milestone(MilestoneKind.START_OF_PRODUCTION, _("Production started")),
            _field("royalty_start_on", _("Royalty start date fixed")),
        ),
    ),
    _Stage(
        _("Ramp"),
        StageType.EARNING,
        100,
        gates=(
            _Gate(_("First statement paid"), "first_statement_paid"),
            _item(_("Output at the agreed share of nameplate for two quarters")),
        ),
    ),
    _Stage(
        _("Steady state"),
        StageType.EARNING,
        100,
        gates=(_item(_("Renewal or end decided before the notice date")),),
    ),
    _Stage(_("On hold"), StageType.HOLD, 0),
    _Stage(_("Lost"), StageType.LOST, 0),
    _Stage(_("Terminated"), StageType.ENDED, 0),
    _Stage(_("Expired"), StageType.ENDED, 0),
)


@transaction.atomic
def create_default_pipeline() -> Pipeline:
    """Create the pipeline “LRS licensing” with its stages and gates; an existing one is left as it is."""
    pipeline, is_new = Pipeline.objects.get_or_create(slug=DEFAULT_SLUG, defaults={"name": str(_("LRS licensing"))})
    if not is_new:
        return pipeline
    stages = Stage.objects.bulk_create(
        Stage(
            pipeline=pipeline,
            name=str(stage.name),
            type=stage.type,
            position=position,
            probability_percent=stage.probability_percent,
            rot_days=stage.rot_days,
        )
        for position, stage in enumerate(_STAGES, start=1)
    )
    Gate.objects.bulk_create(
        Gate(
            stage=stage,
            label=str(gate.label),
            kind=gate.kind,
            requirement=gate.requirement,
            help=str(gate.help),
            position=position,
        )
        for stage, wanted in zip(stages, _STAGES, strict=True)
        for position, gate in enumerate(wanted.gates, start=1)
    )
    return pipeline
