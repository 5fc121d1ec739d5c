"""What the what-if interface takes and answers, for the API's description."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from royalties.engine.codes import Basis, CapWindow, FxRule, LineKind, PeriodLength, Rounding, TierMode, TierWindow
from royalties.engine.report_document import ScenarioRateKind

type Schema = dict[str, Any]

_NUMBER: Schema = {"type": "string", "pattern": r"^-?[0-9]{1,18}(\.[0-9]{1,12})?$", "examples": ["1234.56"]}
_DATE: Schema = {"type": "string", "format": "date"}
_CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]}
_TEXT: Schema = {"type": "string", "maxLength": 200}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_FLAG: Schema = {"type": "boolean"}


def _one_of(codes: Any) -> Schema:
    return {"type": "string", "enum": [str(code) for code in codes]}


def _optional(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_AGREEMENT = _object(
    {"currency": _CURRENCY, "effective_on": _DATE, "period": _one_of(PeriodLength)},
    {
        "ends_on": _optional(_DATE),
        "contract_year_start": _optional({"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$"}),
        "payment_days": {"type": "integer", "minimum": 0},
        "minimums": _list(_object({"contract_year": {"type": "integer", "minimum": 1}, "amount": _NUMBER})),
        "prorate_minimum": _FLAG,
        "cap": _optional(_NUMBER),
        "cap_window": _one_of(CapWindow),
        "advance": _NUMBER,
        "advance_recoupable": _FLAG,
        "advance_repayable": _FLAG,
        "withholding_percent": _NUMBER,
        "withholding_changes": _list(_object({"from": _DATE, "percent": _NUMBER})),
        "gross_up": _FLAG,
        "fx_rule": _one_of(FxRule),
        "rounding": _one_of(Rounding),
    },
)
_TERM = _object(
    {
        "id": _TEXT,
        "basis": _one_of(Basis),
        "mode": _one_of(TierMode),
        "window": _one_of(TierWindow),
        "tiers": _list(_object({"up_to": _optional(_NUMBER), "rate": _NUMBER})),
    },
    {
        "creditable": _FLAG,
        "clause": _TEXT,
        "continues": _optional(_TEXT),
        "from": _DATE,
        "to": _optional(_DATE),
        "scope": _object({}, {"plants": _TEXTS, "chemistries": _TEXTS, "fields": _TEXTS}),
        "escalator": _optional(
            _object({"percent": _NUMBER}, {"cap": _optional(_NUMBER), "floor": _optional(_NUMBER)}),
        ),
    },
)
_FEE = _object({"id": _TEXT, "on": _DATE, "amount": _NUMBER}, {"label": _TEXT})
_RATE = _object(
    {"base": _CURRENCY, "quote": _CURRENCY, "on": _DATE, "rate": _NUMBER, "kind": _one_of(ScenarioRateKind)}
)
_REPORT = _object(
    {
        "plant": _TEXT,
        "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
        "version": {"type": "integer", "minimum": 1},
        "accepted_on": _DATE,
    },
    {
        "chemistry": _TEXT,
        "field": _TEXT,
        "energy_produced_kwh": _NUMBER,
        "energy_sold_kwh": _NUMBER,
        "units": _NUMBER,
        "net_sales": _NUMBER,
        "currency": _CURRENCY,
        "nil": _FLAG,
    },
)
SCENARIO = _object(
    {"agreement": _AGREEMENT, "terms": _list(_TERM)},
    {
        "fees": _list(_FEE),
        "fx": _list(_RATE),
        "reports": _list(_REPORT),
        "issues": _list(_object({"period_end": _DATE, "on": _DATE})),
    },
)

_LINE = _object(
    {
        "kind": _one_of(LineKind),
        "term": _optional(_TEXT),
        "period": _DATE,
        "quantity": _optional(_NUMBER),
        "amount": _NUMBER,
        "trace": {"type": "object"},
    }
)
_TOTALS = dict.fromkeys(("earned", "shortfall", "fees", "recouped", "withheld", "payable"), _NUMBER)
ANSWER = _object(
    {
        "statements": _list(
            _object(
                {"period_end": _DATE, "issued_on": _DATE, **_TOTALS, "currency": _CURRENCY, "lines": _list(_LINE)},
            )
        ),
        "balance": _object({"advance": _NUMBER, "stated": _NUMBER}),
    }
)

EXAMPLES = [
    OpenApiExample(
        "Three graduated tiers, two half-years",
        request_only=True,
        value={
            "agreement": {
                "currency": "USD",
                "effective_on": "2026-01-01",
                "contract_year_start": "01-01",
                "period": "half_year",
            },
            "terms": [
                {
                    "id": "t1",
                    "basis": "energy_sold",
                    "mode": "graduated",
                    "window": "contract_year",
                    "tiers": [
                        {"up_to": "5000000", "rate": "2.00"},
                        {"up_to": "15000000", "rate": "1.50"},
                        {"up_to": None, "rate": "1.00"},
                    ],
                }
            ],
            "reports": [
                {
                    "plant": "p1",
                    "month": "2026-03",
                    "version": 1,
                    "accepted_on": "2026-07-10",
                    "energy_sold_kwh": "9000000",
                },
                {
                    "plant": "p1",
                    "month": "2026-09",
                    "version": 1,
                    "accepted_on": "2027-01-10",
                    "energy_sold_kwh": "9000000",
                },
            ],
            "issues": [
                {"period_end": "2026-06-30", "on": "2026-08-01"},
                {"period_end": "2026-12-31", "on": "2027-02-01"},
            ],
        },
    )
]
