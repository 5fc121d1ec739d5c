"""Every page of the demonstration desk in a browser: axe, script errors, and nothing wider than the screen."""

import pytest
from django.utils import timezone

from accounts.models import User
from deals.models import Deal, ImportBatch
from plants.models import Plant
from reminders.domain.default_rules import create_default_rules
from reminders.models import ReminderRule
from royalties.enums import StatementStatus
from royalties.models import Agreement, Invoice, Payment, ReportFiling, Statement
from tests.browser import DESKTOP, PHONE, settle
from tests.crm.factories import make_crm_log
from tests.sync.webhooks.factories import WebhookDeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 2560, "height": 1440}


def pages():
    """Return the pages as name and path, for the administrator of the demonstration desk."""
    deal = Deal.objects.get(company__name="Larkspur Motors")
    company = deal.company
    plant = Plant.objects.get(name="BlueOval Battery Park Michigan")
    site = Plant.objects.get(company=company)
    batch = ImportBatch.objects.create(file_name="deals.csv", sha256="0" * 64, created_by=User.objects.first())
    agreement = Agreement.objects.get(title="Licence for stationary storage")
    workspace = deal.get_absolute_url()
    statement = Statement.objects.get(status=StatementStatus.DISPUTED)
    filing = ReportFiling.objects.filter(status="accepted").order_by("pk").first()
    draft = ReportFiling.objects.create(
        agreement=filing.agreement,
        period_start=filing.period_start,
        period_end=filing.period_end,
        status="disputed",
        channel="browser",
        submitted_at=filing.submitted_at,
        decision_note="March is in MWh",
    )
    crm_run = make_crm_log()
    create_default_rules(today=timezone.localdate())
    delivery = WebhookDeliveryFactory(
        endpoint__owner=User.objects.get(email="admin@example.com"),
        object_id=deal.pk,
        attempts=2,
        response_status=500,
        response_head="<h1>Server error</h1>",
        duration_ms=1200,
    )
    return {
        "my day": "/",
        "inbox": "/inbox/",
        "snoozed": "/inbox/?show=snoozed&group=deal",
        "reminder settings": "/settings/reminders/",
        "board": "/board/lrs-licensing/",
        "board grouped and filtered": "/board/lrs-licensing/?region=europe&group=owner",
        "table": "/deals/",
        "new deal": "/deals/new/",
        **{
            f"workspace {tab}": f"{workspace}?tab={tab}"
            for tab in ("timeline", "tasks", "documents", "approvals", "plants", "agreements", "contacts")
        },
        "move": f"{workspace}move/",
        "companies": "/companies/",
        "company": company.get_absolute_url(),
        "company edit": f"{company.get_absolute_url()}edit/",
        "plants": "/plants/",
        "plants timeline": "/plants/?view=timeline",
        "plants map": "/plants/?view=map",
        "plant with facts": plant.get_absolute_url(),
        "plant with milestones": site.get_absolute_url(),
        "royalties": "/royalties/",
        "statements": "/royalties/statements/",
        "statement": f"{statement.get_absolute_url()}?traces=all",
        "receivables": "/royalties/receivables/",
        "invoices": "/royalties/receivables/?view=invoices",
        "invoice": Invoice.objects.order_by("pk").first().get_absolute_url(),
        "payments": "/royalties/payments/",
        "payment": Payment.objects.order_by("pk").first().get_absolute_url(),
        "reconcile": "/royalties/reconcile/",
        "what if": "/royalties/calculator/",
        "term sheets": f"/royalties/sandbox/{Deal.objects.get(company__name='Aurelia Kraftwagen').code}/",
        "search": "/search/?q=motors",
        "import": "/import/",
        "import batch": f"/import/{batch.pk}/",
        "forecast": "/insights/forecast/",
        "forecast by deal": "/insights/forecast/?group=deal&years=10&step=year",
        "forecast of a deal": f"/insights/forecast/{deal.code}/",
        "profile": "/settings/",
        "calendar": "/settings/calendar/",
        "tokens": "/settings/tokens/",
        "webhooks": "/settings/webhooks/",
        "new webhook": "/settings/webhooks/new/",
        "webhook": delivery.endpoint.get_absolute_url(),
        "webhook delivery": delivery.get_absolute_url(),
        "webhook replay": f"{delivery.endpoint.get_absolute_url()}replay/",
        "users": "/settings/users/",
        "pipelines": "/settings/pipelines/",
        "pipeline": "/settings/pipelines/lrs-licensing/",
        "rates": "/settings/fx-rates/",
        "reminder rules": "/settings/rules/",
        "reminder rule": ReminderRule.objects.get(kind="task_due").get_absolute_url(),
        "new reminder rule": "/settings/rules/new/",
        "chats": "/settings/chats/",
        "crm": "/settings/crm/",
        "crm new": "/settings/crm/new/salesforce/",
        "crm connection": crm_run.connection.get_absolute_url(),
        "crm mapping": f"{crm_run.connection.get_absolute_url()}mapping/",
        "crm run": crm_run.get_absolute_url(),
        "operations": "/settings/operations/",
        "reminders told": "/settings/operations/ledger/",
        "licensors": "/settings/licensors/",
        "agreements": "/royalties/agreements/",
        **{
            f"agreement {tab}": f"{agreement.get_absolute_url()}?tab={tab}"
            for tab in ("glance", "terms", "fees", "services", "amendments", "timeline")
        },
        "new agreement": "/royalties/agreements/new/",
        "price indices": "/royalties/indices/",
        "needed rates": "/royalties/rates/",
        "two-factor": "/accounts/2fa/",
        "password": "/accounts/password/change/",
        "reports": "/royalties/reports/?span=all",
        "filing": filing.get_absolute_url(),
        "filing in progress": draft.get_absolute_url(),
        "figures of a report": f"{draft.get_absolute_url()}edit/",
        "file of a report": f"{draft.get_absolute_url()}file/",
        "new report": f"{filing.agreement.get_absolute_url()}reports/new/",
        "report links": f"{filing.agreement.get_absolute_url()}report-links/",
        "not found": "/nowhere/",
    }


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible(demo_desk, open_page, axe, color_scheme, viewport):
    page = open_page(
        User.objects.get(email="admin@example.com"),
        "/",
        color_scheme=color_scheme,
        viewport=viewport,
        reduced_motion="reduce",
    )
    found = []
    for name, path in pages().items():
        page.goto(path)
        settle(page)
        found += [f"{name}: {violation}" for violation in axe(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("viewport", [NARROW, PHONE, DESKTOP, WIDE], ids=["360", "390", "1440", "2560"])
def test_no_page_is_wider_than_the_screen(demo_desk, open_page, viewport):
    page = open_page(User.objects.get(email="admin@example.com"), "/", viewport=viewport)
    wider = {}
    for name, path in pages().items():
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            wider[name] = width
    assert wider == {}
