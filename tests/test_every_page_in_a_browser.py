"""Every page of the demonstration desk in a browser: axe, script errors, and nothing wider than the screen."""

import pytest
from django.core.management import call_command

from accounts.models import User
from deals.models import Deal, ImportBatch
from plants.models import Plant
from tests.browser import DESKTOP, PHONE

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
    workspace = deal.get_absolute_url()
    return {
        "my day": "/",
        "board": "/board/lrs-licensing/",
        "board grouped and filtered": "/board/lrs-licensing/?region=europe&group=owner",
        "table": "/deals/",
        "new deal": "/deals/new/",
        **{
            f"workspace {tab}": f"{workspace}?tab={tab}"
            for tab in ("timeline", "tasks", "documents", "approvals", "plants", "contacts")
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
        "search": "/search/?q=motors",
        "import": "/import/",
        "import batch": f"/import/{batch.pk}/",
        "profile": "/settings/",
        "tokens": "/settings/tokens/",
        "users": "/settings/users/",
        "pipelines": "/settings/pipelines/",
        "pipeline": "/settings/pipelines/lrs-licensing/",
        "rates": "/settings/fx-rates/",
        "two-factor": "/accounts/2fa/",
        "password": "/accounts/password/change/",
        "not found": "/nowhere/",
    }


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible(open_page, axe, color_scheme, viewport):
    call_command("load_demo")
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
        page.wait_for_load_state("networkidle") if "board" not in name else page.wait_for_timeout(300)
        found += [f"{name}: {violation}" for violation in axe(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("viewport", [NARROW, PHONE, DESKTOP, WIDE], ids=["360", "390", "1440", "2560"])
def test_no_page_is_wider_than_the_screen(open_page, viewport):
    call_command("load_demo")
    page = open_page(User.objects.get(email="admin@example.com"), "/", viewport=viewport)
    wider = {}
    for name, path in pages().items():
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            wider[name] = width
    assert wider == {}
