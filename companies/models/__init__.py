"""Models of the companies app."""

from companies.models.companies import Company
from companies.models.contacts import Contact
from companies.models.facts import SourcedFact

__all__ = ["Company", "Contact", "SourcedFact"]
