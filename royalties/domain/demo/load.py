"""Loading the royalties of the demonstration desk, after its deals."""

import datetime as dt
from collections.abc import Mapping

from accounts.models import User
from deals.models import Deal
from royalties.domain.demo.contracts import create_agreement, create_licensor
from royalties.domain.demo.entries import read_entries
from royalties.domain.demo.history import tell_history
from royalties.domain.demo.term_sheets import create_term_sheets
from royalties.domain.portfolio import recalculate_portfolio


def load_royalties(people: Mapping[str, User], at: dt.datetime) -> None:
    """Create the licensor and its agreements, and tell what happened under them up to an instant."""
    licensor = create_licensor()
    for entry in read_entries():
        deal = Deal.objects.get(company__name=entry.company, company__is_fictional=True)
        agreement = create_agreement(entry, deal=deal, licensor=licensor, today=at.date())
        if not entry.is_draft:
            tell_history(entry, agreement=agreement, by=people["finance"], at=at)
    create_term_sheets(today=at.date())
    recalculate_portfolio(through=at.date(), at=at)
