"""The columns of the directory as a file."""

from django.utils.translation import gettext_lazy as _

from companies.models import Company
from lrs_tracker.countries import country_name
from lrs_tracker.exports import Column

COLUMNS = [
    Column[Company](_("Company"), lambda company: company.name),
    Column[Company](_("Kind"), lambda company: company.get_kind_display()),
    Column[Company](_("Parent company"), lambda company: company.parent.name if company.parent else ""),
    Column[Company](_("Country"), lambda company: country_name(company.country)),
    Column[Company](_("Website"), lambda company: company.website),
    Column[Company](_("About"), lambda company: company.about),
    Column[Company](_("Fictional"), lambda company: company.is_fictional),
    Column[Company](_("Placeholder"), lambda company: company.is_placeholder),
    Column[Company](_("Archived"), lambda company: company.archived_at),
    Column[Company](_("Changed"), lambda company: company.updated_at),
]
