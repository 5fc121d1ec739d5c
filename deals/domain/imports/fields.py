"""The fields of a deal that a column of a file can fill."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from companies.enums import Region
from deals.enums import ContactRole, Scope
from plants.enums import Chemistry


class FieldKind(StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class ImportField:
    """A field of a deal: its name in maps, how it is read, and the deal's attribute it fills, if one."""

    name: str
    label: str | Promise
    kind: FieldKind = FieldKind.TEXT
    attribute: str = ""
    max_length: int = 200
    places: int = 0
    maximum: int = 0
    choices: tuple[tuple[str, str | Promise], ...] = ()
    synonyms: tuple[str, ...] = ()


def _date(name: str, label: str | Promise, attribute: str = "", synonyms: tuple[str, ...] = ()) -> ImportField:
    return ImportField(name, label, FieldKind.DATE, attribute=attribute or name, synonyms=synonyms)


_FIELDS = (
    ImportField(
        "external_id",
        _("Id in the other system"),
        synonyms=("id", "opportunityid", "dealid", "recordid", "opportunityno", "编号"),
    ),
    ImportField(
        "company",
        _("Company"),
        synonyms=(
            "account",
            "accountname",
            "companyname",
            "customer",
            "client",
            "organisation",
            "organization",
            "公司",
        ),
    ),
    ImportField("company_country", _("Country of the company (two letters)"), max_length=2, synonyms=("country",)),
    ImportField(
        "title",
        _("Title"),
        attribute="title",
        synonyms=("name", "dealname", "opportunity", "opportunityname", "product", "subject", "项目"),
    ),
    ImportField(
        "stage", _("Stage"), max_length=80, synonyms=("dealstage", "status", "phase", "stagename", "salesstage", "阶段")
    ),
    ImportField(
        "owner",
        _("Owner"),
        max_length=120,
        synonyms=("salesagent", "salesrep", "agent", "accountmanager", "dealowner", "opportunityowner", "负责人"),
    ),
    _date(
        "opened_on", _("Opened"), synonyms=("engagedate", "createdate", "createdon", "opendate", "opened", "created")
    ),
    _date("closed_on", _("Closed"), synonyms=("closedate", "closed", "closeddate")),
    ImportField(
        "value",
        _("Estimated royalty a year"),
        FieldKind.NUMBER,
        attribute="annual_royalty",
        places=2,
        maximum=10**15,
        synonyms=("closevalue", "amount", "dealvalue", "annualroyalty", "revenue", "金额"),
    ),
    ImportField("currency", _("Currency"), attribute="currency", max_length=3, synonyms=("currencycode", "币种")),
    ImportField(
        "capacity_gwh",
        _("Capacity, GWh a year"),
        FieldKind.NUMBER,
        attribute="capacity_gwh",
        places=3,
        maximum=1000,
        synonyms=("capacity", "gwh", "capacitygwhyear", "产能"),
    ),
    ImportField(
        "region",
        _("Region"),
        FieldKind.CHOICE,
        attribute="region",
        choices=tuple(Region.choices),
        synonyms=("area", "territory"),
    ),
    ImportField(
        "chemistry",
        _("Chemistry"),
        FieldKind.CHOICE,
        attribute="chemistry",
        choices=tuple(Chemistry.choices),
        synonyms=("cellchemistry",),
    ),
    ImportField(
        "scope", _("Scope"), FieldKind.CHOICES, attribute="scope", choices=tuple(Scope.choices), synonyms=("scopes",)
    ),
    ImportField(
        "probability",
        _("Probability, %"),
        FieldKind.NUMBER,
        attribute="probability_percent",
        maximum=100,
        synonyms=("probabilitypercent", "chance", "winprobability"),
    ),
    _date("effective", _("Expected effective date"), "expected_effective_on", ("expectedeffective", "effectivedate")),
    _date("sop", _("Expected start of production"), "expected_sop_on", ("startofproduction", "expectedsop", "sopdate")),
    _date("signed_on", _("Signature date"), synonyms=("signed", "signaturedate")),
    _date("resume_on", _("Resume on"), synonyms=("resume", "resumedate")),
    ImportField(
        "outcome_reason",
        _("Reason of the outcome"),
        attribute="outcome_reason",
        max_length=1000,
        synonyms=("lostreason", "closereason", "reason"),
    ),
    ImportField("plant_concept", _("Plant concept"), attribute="plant_concept", max_length=500),
    ImportField("next_step", _("Next step"), synonyms=("nextaction", "todo", "nextactivity")),
    ImportField("next_step_on", _("Next step due"), FieldKind.DATE, synonyms=("nextstepdate", "nextactivitydate")),
    ImportField(
        "notes",
        _("Note"),
        FieldKind.LONG_TEXT,
        max_length=20_000,
        synonyms=("note", "comment", "comments", "description", "remarks", "备注"),
    ),
    ImportField("contact", _("Contact"), max_length=120, synonyms=("contactname", "primarycontact", "联系人")),
    ImportField("contact_email", _("E-mail of the contact"), max_length=254, synonyms=("contactmail", "email")),
    ImportField("contact_role", _("Role of the contact"), FieldKind.CHOICE, choices=tuple(ContactRole.choices)),
)
FIELDS: dict[str, ImportField] = {field.name: field for field in _FIELDS}
DATE_FIELDS = tuple(field.name for field in _FIELDS if field.kind == FieldKind.DATE)
