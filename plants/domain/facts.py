"""Facts about a plant."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from companies.domain.facts import add_fact, delete_fact
from companies.models import SourcedFact
from lrs_tracker.edits import require_permission
from plants.models import Plant, PlantFact


@transaction.atomic
def add_plant_fact(*, plant: Plant, values: Mapping[str, Any], by: User) -> SourcedFact:
    """Keep what a source says about a plant."""
    require_permission(by, "plants.add_plantfact")
    fact = add_fact(company=None, values=values, by=by)
    PlantFact.objects.create(plant=plant, fact=fact)
    return fact


@transaction.atomic
def delete_plant_fact(*, plant: Plant, fact: SourcedFact, by: User) -> None:
    """Take a fact off a plant, and delete it unless a company or another plant has it too."""
    require_permission(by, "plants.delete_plantfact")
    PlantFact.objects.filter(plant=plant, fact=fact).delete()
    if fact.company_id is None and not fact.plant_facts.exists():
        delete_fact(fact=fact, by=by)
