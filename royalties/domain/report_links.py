"""Private links: an address where a licensee reports one period without an account.

The token is 32 random bytes and only its SHA-256 is kept, so that neither the database nor a backup
opens anything. Unknown, expired and revoked tokens are not told apart.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.filings import EDITABLE, hand_in, start_linked_filing, store_file, write_lines
from royalties.domain.periods import name_period
from royalties.domain.report_files import FileReading, open_table, read_lines
from royalties.domain.report_lines import ReportLine
from royalties.domain.report_mappings import guess_map, saved_mappings
from royalties.domain.report_periods import period_from
from royalties.domain.report_rows import former_lines, nil_lines
from royalties.domain.report_scope import filing_scope, refuse_closed
from royalties.models import Agreement, ReportFiling, ReportLink

TOKEN_BYTES = 32
LONGEST_DAYS = 365
_LONGEST_TOKEN = 100


class LinkClosedError(DomainError):
    """Refuse a link that no longer works; nothing says why."""

    code = "link-closed"


class LinkUsedError(DomainError):
    """Refuse a second report by the same link."""

    code = "link-used"


class FileRefusedError(DomainError):
    """Refuse a file with errors; `reading` has the remark on each row."""

    code = "file-refused"

    def __init__(self, reading: FileReading) -> None:
        super().__init__(_("Nothing was taken from the file: see its rows."), field="file")
        self.reading = reading


@transaction.atomic
def create_link(
    *,
    agreement: Agreement,
    period_start: dt.date,
    period_end: dt.date,
    recipient: str,
    days: int,
    by: User,
    at: dt.datetime,
) -> tuple[ReportLink, str]:
    """Make a link for a period's report and return it with its token, which is not kept.

    A former link of the period stops working; a report that was begun by it, or sent back, goes on in the new one.
    """
    require_permission(by, "royalties.add_reportlink")
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(_("A link holds for 1 to %(most)s days.") % {"most": LONGEST_DAYS}, field="days")
    if recipient:
        validate_email(recipient)
    agreement = lock_row(agreement)
    period_from(agreement, period_start, period_end)
    refuse_closed(agreement, period_end=period_end, today=today_for(by, at=at))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    former = ReportLink.objects.filter(
        agreement=agreement, period_start=period_start, period_end=period_end, revoked_at__isnull=True
    )
    for link in former.order_by("pk"):
        write_changes(link, {"revoked_at": at})
    link = ReportLink.objects.create(
        agreement=agreement,
        period_start=period_start,
        period_end=period_end,
        recipient=recipient,
        token_hash=hash_token(token),
        expires_at=at + dt.timedelta(days=days),
        created_by=by,
    )
    begun = ReportFiling.objects.filter(
        agreement=agreement, period_end=period_end, link__isnull=False, status__in=EDITABLE
    )
    for filing in begun.order_by("pk"):
        write_changes(filing, {"link": link})
    return link, token


@transaction.atomic
def revoke_link(*, link: ReportLink, by: User, at: dt.datetime) -> ReportLink:
    """Make a link useless at once."""
    require_permission(by, "royalties.change_reportlink")
    lock_row(link.agreement)
    link = lock_row(link)
    return write_changes(link, {"revoked_at": link.revoked_at or at})


def mail_link(*, link: ReportLink, url: str) -> None:
    """Send a link to its recipient."""
    period = name_period(link.period_start, link.period_end)
    text = render_to_string(
        "royalties/reports/link_mail.txt", {"link": link, "agreement": link.agreement, "period": period, "url": url}
    )
    subject = _("Production report for %(period)s") % {"period": period}
    send_mail(subject, text.strip() + "\n", None, [link.recipient])


def hash_token(token: str) -> str:
    """Return what is kept of a token. Random tokens need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_link(token: str, *, at: dt.datetime) -> ReportLink | None:
    """Return the link of a token that works now; None for any other token, whatever the reason.

    The lookup is by hash, so its time says nothing about the token; the comparison is constant-time all the same.
    """
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    wanted = hash_token(token)
    link = (
        ReportLink.objects.select_related("agreement__licensee")
        .filter(token_hash=wanted, revoked_at__isnull=True, expires_at__gt=at)
        .first()
    )
    return link if link is not None and secrets.compare_digest(link.token_hash, wanted) else None


def filing_of(link: ReportLink) -> ReportFiling | None:
    """Return the report that was begun or sent by a link."""
    filing = ReportFiling.objects.filter(link=link).order_by("pk").last()
    if filing is not None:
        filing.agreement = link.agreement
    return filing


def is_open(filing: ReportFiling | None) -> bool:
    """Tell whether a link's report may still be written: it is not sent yet, or was sent back."""
    return filing is None or filing.status in EDITABLE


def note_opened(*, link: ReportLink, at: dt.datetime) -> None:
    """Remember when the licensee first opened a link."""
    ReportLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=at)


@transaction.atomic
def save_by_link(
    *, link: ReportLink, lines: Iterable[ReportLine], sender: str, note: str, at: dt.datetime, today: dt.date
) -> ReportFiling:
    """Keep a licensee's figures as a draft. Raise LinkUsedError once the report is sent."""
    filing = _open_filing(link, at=at, today=today)
    return _write(filing, lines, sender, note, today)


@transaction.atomic
def send_by_link(
    *, link: ReportLink, lines: Iterable[ReportLine], sender: str, note: str, at: dt.datetime, today: dt.date
) -> ReportFiling:
    """Take in a licensee's report. Of two at once the second is refused with LinkUsedError."""
    filing = _open_filing(link, at=at, today=today)
    filing = _write(filing, lines, sender, note, today)
    filing = hand_in(filing=filing, at=at, today=today)
    ReportLink.objects.filter(pk=link.pk).update(used_at=at)
    return filing


@transaction.atomic
def send_nil_by_link(
    *, link: ReportLink, sender: str = "", note: str = "", at: dt.datetime, today: dt.date
) -> ReportFiling:
    """Take in a licensee's report that nothing was made or sold."""
    filing = _open_filing(link, at=at, today=today)
    lines = nil_lines(filing, filing_scope(filing))
    return send_by_link(link=link, lines=lines, sender=sender, note=note, at=at, today=today)


@transaction.atomic
def take_file_by_link(
    *,
    link: ReportLink,
    content: bytes,
    name: str,
    sender: str = "",
    note: str = "",
    at: dt.datetime,
    today: dt.date,
) -> ReportFiling:
    """Make the lines of a licensee's file those of the draft, to be looked at and sent.

    The file is our template, or has columns that a saved mapping or their headings explain. Raise
    FileRefusedError with its rows when it cannot be taken whole.
    """
    table = open_table(content=content, name=name)
    filing = _open_filing(link, at=at, today=today)
    scope = filing_scope(filing)
    file_map = guess_map(table.headings, scope, saved=saved_mappings(link.agreement))
    reading = read_lines(table, file_map, scope, today=today, former=former_lines(filing, scope))
    if not reading.is_usable:
        raise FileRefusedError(reading)
    filing = _write(filing, reading.lines, sender, note, today)
    return store_file(filing=filing, content=content, name=name)


def _open_filing(link: ReportLink, *, at: dt.datetime, today: dt.date) -> ReportFiling:
    """Return the filing that a link writes, made if there is none; the agreement and link are locked, in that order."""
    agreement = lock_row(link.agreement)
    link = lock_row(link)
    if link.revoked_at is not None or link.expires_at <= at:
        raise LinkClosedError(_("This link does not work any more."))
    link.agreement = agreement
    filing = filing_of(link)
    if filing is None:
        return start_linked_filing(link=link, today=today)
    if not is_open(filing):
        raise LinkUsedError(_("This report has been sent already. Nothing was changed."))
    return filing


def _write(filing: ReportFiling, lines: Iterable[ReportLine], sender: str, note: str, today: dt.date) -> ReportFiling:
    refuse_unseen(sender, field="sender")
    refuse_unseen(note, field="note")
    filing = write_lines(filing=filing, lines=lines, today=today)
    return write_changes(filing, {"sender": sender.strip()[:200], "note": note.strip()[:4000]})


def links_of(agreement: Agreement) -> list[ReportLink]:
    """Return the links of an agreement, the newest first."""
    links = ReportLink.objects.filter(agreement=agreement).select_related("created_by").prefetch_related("filings")
    return list(links.order_by("-pk"))
