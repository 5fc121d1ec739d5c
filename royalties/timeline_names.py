"""How the timeline names what belongs to an agreement."""

import datetime as dt

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Concat

from royalties.domain.periods import name_month, name_period
from sync.domain.change_labels import register_name
from sync.domain.change_words import register_words


def register_names() -> None:
    """Name plants by themselves, years by their number, reports by plant and month, statements by their period."""
    register_name("agreement-plant", F("plant__name"))
    register_name("royalty-term-plant", F("plant__name"))
    register_name("minimum", F("contract_year"))
    register_name("cap", F("contract_year"))
    register_name("price-index-value", F("year"))
    register_name("tier", F("position"))
    register_name("production-report", Concat(F("plant__name"), Value(" "), _day_of("month")), words=_name_report)
    register_name("filing", _period(), words=_name_period)
    register_words("filing", noise={"sha256"})
    register_name("report-link", _period(), words=_name_period)
    register_name("allocation", F("amount"))
    register_name("credit-note", F("number"))
    register_name("statement", _period(), words=_name_period)


def _name_report(name: str) -> str:
    plant, _blank, month = name.rpartition(" ")
    return f"{plant}, {name_month(dt.date.fromisoformat(month))}"


def _name_period(name: str) -> str:
    return name_period(*map(dt.date.fromisoformat, name.split()))


def _period() -> Concat:
    return Concat(_day_of("period_start"), Value(" "), _day_of("period_end"))


def _day_of(field: str) -> Func:
    return Func(F(field), Value("YYYY-MM-DD"), function="to_char", output_field=CharField())
