"""Publicly reported facts about licence deals and plants, each with its source and date.

Real names carry only what a source says; contradicting reports stand side by side.
"""

import datetime as dt
import json
from pathlib import Path

from companies.enums import CompanyKind, Region
from companies.models import Company, SourcedFact
from plants.enums import CellFormat, Chemistry, PlantStatus
from plants.models import Plant, PlantFact

_FILE = Path(__file__).with_name("public_facts.json")


def load_public_facts() -> None:
    """Create the companies, plants and facts of `public_facts.json`."""
    document = json.loads(_FILE.read_text(encoding="utf-8"))
    companies = {
        name: Company.objects.create(name=name, kind=CompanyKind(entry["kind"]), country=entry["country"])
        for name, entry in document["companies"].items()
    }
    for name, entry in document["companies"].items():
        if entry.get("parent"):
            companies[name].parent = companies[entry["parent"]]
            companies[name].save(update_fields=["parent"])
    plants = {
        name: Plant.objects.create(
            name=name,
            company=companies.get(entry["company"]),
            status=PlantStatus(entry["status"]),
            locality=entry["locality"],
            country=entry["country"],
            region=Region(entry["region"]),
            latitude=entry["latitude"],
            longitude=entry["longitude"],
            chemistry=Chemistry(entry["chemistry"]) if entry["chemistry"] else "",
            cell_format=CellFormat(entry["cell_format"]) if entry["cell_format"] else "",
        )
        for name, entry in document["plants"].items()
    }
    for entry in document["facts"]:
        subject = entry["about"]
        plant = plants.get(subject)
        fact = SourcedFact.objects.create(
            company=companies.get(subject) or (plant.company if plant else None),
            topic="" if subject in companies or plant else subject,
            metric=entry["metric"],
            value=entry["value"],
            unit=entry.get("unit", ""),
            as_of=dt.date.fromisoformat(entry["as_of"]),
            source=entry["source"],
            note=entry.get("note", ""),
        )
        if plant:
            PlantFact.objects.create(plant=plant, fact=fact)
