"""Which objects belong to which: they come into sight, and go out of it, together."""

from collections.abc import Iterable, Mapping

from lrs_client.answers import singular

# In the order in which they are loaded.
RESOURCES = (
    "users",
    "companies",
    "contacts",
    "facts",
    "plants",
    "plant-milestones",
    "pipelines",
    "stages",
    "gates",
    "deals",
    "transitions",
    "waivers",
    "approvals",
    "tasks",
    "notes",
    "documents",
    "agreements",
    "royalty-terms",
    "fees",
    "production-reports",
    "statements",
    "invoices",
    "credit-notes",
    "payments",
    "fx-rates",
)
OWNER: Mapping[str, str] = {
    "transitions": "deals",
    "waivers": "deals",
    "approvals": "deals",
    "tasks": "deals",
    "notes": "deals",
    "documents": "deals",
    "agreements": "deals",
    "royalty-terms": "agreements",
    "fees": "agreements",
    "production-reports": "agreements",
    "statements": "agreements",
    "invoices": "agreements",
    "credit-notes": "agreements",
}


def with_owners(resources: Iterable[str]) -> list[str]:
    """Return resources and those that they belong to, in the order to load them in."""
    wanted = set()
    for name in resources:
        while name not in wanted:
            wanted.add(name)
            name = OWNER.get(name, name)
    return sorted(wanted, key=lambda name: (RESOURCES.index(name) if name in RESOURCES else len(RESOURCES), name))


def belongings(owner: str, resources: Iterable[str]) -> list[str]:
    """Return those of some resources whose objects belong to objects of another one."""
    return [name for name in resources if OWNER.get(name) == owner]


def owner_member(resource: str) -> str:
    """Return the member, and the parameter of lists, that holds the id of the owner: “deal” for tasks."""
    return singular(OWNER[resource]).replace("-", "_")
