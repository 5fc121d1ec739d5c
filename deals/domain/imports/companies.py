"""The companies that a file names: found by normalised name, or made."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches

from django.db import connection
from django.utils.translation import gettext as _

from companies.enums import CompanyKind
from companies.models import Company
from companies.models.companies import CompanyNameKey
from deals.domain.imports.mapping import ImportMap
from deals.domain.imports.problems import CellError, short
from lrs_tracker.countries import country_names

# Names are compared for likeness only while that is quick.
_MOST_COMPARED = 1000
_LIKENESS = 0.88


def name_keys(names: Iterable[str]) -> dict[str, str]:
    """Return the key under which the database compares each name: small letters and digits only."""
    names = list(names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, lower(regexp_replace(name, '[^[:alnum:]]+', '', 'g')) FROM unnest(%s::text[]) AS name",
            [names],
        )
        return dict(cursor.fetchall())


class CompanyBook:
    """The companies that the values of a file stand for."""

    def __init__(self, *, import_map: ImportMap, names: Iterable[str]) -> None:
        self._may_create = "company" in import_map.create
        self._system = import_map.system
        self.placeholder_name = f"Unknown company ({import_map.system})"
        self._keys = name_keys({*names, self.placeholder_name})
        self._by_key: dict[str, list[Company]] = defaultdict(list)
        self._found: dict[tuple[str, str], Company] = {}
        keyed = Company.objects.annotate(key=CompanyNameKey("name")).filter(key__in=set(self._keys.values()))
        for company in keyed.order_by("pk"):
            self._by_key[company.key].append(company)

    def find(self, name: str, country: str = "") -> Company:
        """Return the company of this name, unsaved when new; raise CellError."""
        known = (name, country)
        if known not in self._found:
            self._found[known] = self._look_up(name, country)
        return self._found[known]

    def find_placeholder(self) -> Company:
        """Return the company that stands in for those that the system's files leave out; raise CellError."""
        company = self.find(self.placeholder_name)
        if company.pk is None:
            company.is_placeholder = True
            company.kind = CompanyKind.OTHER
        return company

    def is_spelled_differently(self, name: str, company: Company) -> bool:
        """Return whether a company was found under another spelling of its name."""
        return company.pk is not None and company.name != name

    def similar(self, new: Iterable[Company]) -> dict[str, str]:
        """Return, for each new company's name, the name of one that is spelled nearly alike, if any."""
        new_names = [company.name for company in new if not company.is_placeholder]
        existing = list(Company.objects.values_list("name", flat=True)[: _MOST_COMPARED + 1])
        if len(new_names) + len(existing) > _MOST_COMPARED:
            return {}
        alike = {}
        for place, name in enumerate(new_names):
            others = [other.casefold() for other in (*existing, *new_names[:place])]
            if close := get_close_matches(name.casefold(), others, n=1, cutoff=_LIKENESS):
                alike[name] = (*existing, *new_names[:place])[others.index(close[0])]
        return alike

    def _look_up(self, name: str, country: str) -> Company:
        if country and country not in country_names("en"):
            raise CellError(_("“%(code)s” is not a country code such as DE.") % {"code": country})
        key = self._keys[name]
        if not key:
            raise CellError(_("“%(name)s” holds neither letters nor digits.") % {"name": short(name)})
        same = self._by_key[key]
        if country:
            exact = [company for company in same if company.country == country]
            same = exact or [company for company in same if not company.country]
        if len(same) > 1:
            countries = ", ".join(company.country or "–" for company in same)
            raise CellError(
                _("There are several companies “%(name)s” (%(countries)s): map a column to the country.")
                % {"name": short(name), "countries": countries}
            )
        if same:
            return same[0]
        if not self._may_create:
            raise CellError(
                _("There is no company “%(name)s”. Map the value to one, or allow companies to be made.")
                % {"name": short(name)}
            )
        company = Company(name=name, country=country)
        self._by_key[key].append(company)
        return company
