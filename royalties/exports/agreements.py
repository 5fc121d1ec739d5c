"""The columns of the list of agreements as a file."""

from django.utils.translation import gettext_lazy as _

from deals.models.deals import deal_code
from lrs_tracker.exports import Column
from royalties.models import Agreement

COLUMNS = [
    Column[Agreement](_("Agreement"), lambda agreement: agreement.code),
    Column[Agreement](_("Title"), lambda agreement: agreement.title),
    Column[Agreement](_("Licensee"), lambda agreement: agreement.licensee.name),
    Column[Agreement](_("Licensor"), lambda agreement: agreement.licensor.name),
    Column[Agreement](_("Deal"), lambda agreement: deal_code(agreement.deal_id)),
    Column[Agreement](_("Type"), lambda agreement: agreement.get_type_display()),
    Column[Agreement](_("Status"), lambda agreement: agreement.get_status_display()),
    Column[Agreement](_("Currency"), lambda agreement: agreement.currency),
    Column[Agreement](_("Signed"), lambda agreement: agreement.signed_on),
    Column[Agreement](_("Effective"), lambda agreement: agreement.effective_on),
    Column[Agreement](_("Last day"), lambda agreement: agreement.last_day),
    Column[Agreement](_("Notice by"), lambda agreement: agreement.notice_on),
    Column[Agreement](_("Reporting period"), lambda agreement: agreement.get_reporting_period_display()),
    Column[Agreement](_("Plants"), lambda agreement: ", ".join(plant.name for plant in agreement.plants.all())),
    Column[Agreement](_("Changed"), lambda agreement: agreement.updated_at),
]
