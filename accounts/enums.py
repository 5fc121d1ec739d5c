"""Roles, token scopes, languages and display choices of users."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person does here; stored as a group of this name."""

    BUSINESS_DEVELOPMENT = "Business development", _("Business development")
    MANAGER = "Manager", _("Manager")
    FINANCE = "Finance", _("Finance")
    ADMINISTRATOR = "Administrator", _("Administrator")
    READ_ONLY = "Read-only", _("Read-only")


class TokenScope(models.TextChoices):
    """What an API token may do with its user's permissions."""

    READ = "read", _("Read")
    WRITE = "write", _("Read and write")


def _view(*models: str) -> frozenset[str]:
    return frozenset(f"{app}.view_{name}" for app, name in (model.split(".") for model in models))


def _edit(*models: str) -> frozenset[str]:
    return _view(*models) | frozenset(
        f"{app}.{verb}_{name}" for app, name in (model.split(".") for model in models) for verb in ("add", "change")
    )


def _remove(*models: str) -> frozenset[str]:
    return frozenset(f"{app}.delete_{name}" for app, name in (model.split(".") for model in models))


_SHAPE = ("deals.pipeline", "deals.stage", "deals.gate")
_DESK = (
    "companies.company",
    "companies.contact",
    "companies.sourcedfact",
    "plants.plant",
    "plants.plantphase",
    "plants.plantmilestone",
    "plants.plantfact",
    "plants.rampscenario",
    "deals.deal",
    "deals.dealteammember",
    "deals.dealplant",
    "deals.dealcontact",
    "deals.gatecheck",
    "deals.task",
    "deals.note",
    "deals.document",
    "deals.approval",
    "deals.savedview",
)
# What the contracts say, what licensees report and what that makes: kept by finance.
_ROYALTIES = (
    "royalties.agreement",
    "royalties.agreementplant",
    "royalties.amendment",
    "royalties.minimum",
    "royalties.cap",
    "royalties.royaltyterm",
    "royalties.royaltytermplant",
    "royalties.tier",
    "royalties.fee",
    "royalties.serviceterm",
    "royalties.priceindex",
    "royalties.priceindexvalue",
    "royalties.reportmapping",
    "royalties.reportlink",
    "royalties.reportfiling",
    "royalties.productionreport",
    "royalties.statement",
    "royalties.statementline",
    "royalties.invoice",
    "royalties.creditnote",
    "royalties.payment",
    "royalties.withholdingcertificate",
    "royalties.allocation",
    "royalties.bankimport",
    "royalties.licensor",
    "royalties.earnedline",
)
# Drafts of finance's own, and links between rows.
_ROYALTIES_REMOVABLE = (
    "royalties.agreement",
    "royalties.agreementplant",
    "royalties.minimum",
    "royalties.cap",
    "royalties.royaltyterm",
    "royalties.royaltytermplant",
    "royalties.tier",
    "royalties.fee",
    "royalties.serviceterm",
    "royalties.priceindexvalue",
    "royalties.reportmapping",
    "royalties.reportfiling",
    "royalties.productionreport",
    "royalties.statement",
    "royalties.statementline",
    "royalties.allocation",
)
_RECORDS = ("deals.stagetransition", "deals.waiver", "plants.milestoneforecast", "sync.change", "sync.externalref")
_REMOVABLE = (
    "companies.contact",
    "companies.sourcedfact",
    "plants.plantfact",
    "plants.plantphase",
    "deals.dealteammember",
    "deals.dealplant",
    "deals.dealcontact",
    "deals.gatecheck",
    "deals.task",
    "deals.savedview",
)

_READ = _view(
    *_DESK, *_RECORDS, *_SHAPE, *_ROYALTIES, "royalties.termsheet", "money.fxrate", "accounts.user", "deals.importbatch"
)
_BUSINESS_DEVELOPMENT = (
    _READ
    | _edit(*_DESK, "royalties.termsheet")
    | _remove(*_REMOVABLE, "royalties.termsheet")
    | {"deals.move_deal", "deals.import_deal", "deals.export_deal", "deals.add_importbatch"}
)
_MANAGER = _BUSINESS_DEVELOPMENT | {
    "deals.waive_gate",
    "deals.see_confidential_deal",
    "deals.undo_any_import",
    "deals.change_note",
    "deals.delete_note",
    "deals.delete_document",
}

# The documented permissions of each role (docs/roles.md); administrators hold every permission.
ROLE_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.BUSINESS_DEVELOPMENT: _BUSINESS_DEVELOPMENT,
    Role.MANAGER: _MANAGER,
    Role.FINANCE: _READ
    | _edit("money.fxrate", "deals.note", "deals.task", "deals.document", "deals.savedview")
    | _edit(*_ROYALTIES, "royalties.termsheet")
    | _remove("deals.savedview", "royalties.termsheet", *_ROYALTIES_REMOVABLE)
    | {
        "deals.export_deal",
        "royalties.sign_agreement",
        "royalties.accept_report",
        "royalties.issue_statement",
    },
    Role.READ_ONLY: _READ | _edit("deals.savedview") | _remove("deals.savedview") | {"deals.export_deal"},
}
