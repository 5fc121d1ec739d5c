"""What happened to the stages of deals, as resources that are only read."""

from deals.enums import MoveKind
from deals.filters import TransitionFilter, WaiverFilter
from deals.models import StageTransition, Waiver
from lrs_tracker.api.reading import choice, instant, key, link, text
from lrs_tracker.api.resources import Include, Resource, register


@register
class Transitions(Resource):
    """Moves of deals between stages."""

    name = "transitions"
    singular = "transition"
    title = "Moves of deals"
    description = (
        "One move of a deal between stages, never edited. `entered_at` is when the deal had entered the stage that it "
        "left; both are null for its first stage."
    )
    model = StageTransition
    members = {
        "id": key(),
        "deal": key("deal_id"),
        "from_stage": link("from_stage_id"),
        "to_stage": key("to_stage_id"),
        "kind": choice("kind", MoveKind),
        "entered_at": instant("entered_at"),
        "reason": text("reason"),
        "by": link("by_id"),
        "at": instant("at"),
    }
    filters = TransitionFilter
    orders = {"at": "at"}
    includes = {
        "deal": Include("deal", "deals"),
        "from_stage": Include("from_stage", "stages"),
        "to_stage": Include("to_stage", "stages"),
    }


@register
class Waivers(Resource):
    """Gates that deals were let pass unmet."""

    name = "waivers"
    singular = "waiver"
    title = "Waivers"
    description = "A named person let a deal pass an unmet gate, and why. Kept for ever; it is made by a move."
    model = Waiver
    members = {
        "id": key(),
        "deal": key("deal_id"),
        "transition": key("transition_id"),
        "gate": key("gate_id"),
        "label": text("label"),
        "reason": text("reason"),
        "by": key("by_id"),
        "at": instant("at"),
    }
    filters = WaiverFilter
    orders = {"at": "at"}
    includes = {
        "deal": Include("deal", "deals"),
        "transition": Include("transition", "transitions"),
        "gate": Include("gate", "gates"),
    }
