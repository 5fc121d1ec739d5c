import datetime as dt

import pytest
from django.utils import timezone

from accounts.enums import Role
from deals.enums import StageType
from deals.models import Deal
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory, PipelineFactory, StageFactory

DAY = dt.timedelta(days=1)


@pytest.fixture
def desk(transactional_db):
    """A pipeline of four stages, with three deals in the first."""
    return Desk()


class Desk:
    def __init__(self):
        self.bd = UserFactory(name="Anna Berg")
        self.manager = UserFactory(name="Wei Lin", role=Role.MANAGER)
        self.pipeline = PipelineFactory(name="LRS licensing", slug="lrs")
        self.contact, self.terms, self.signed, self.lost = (
            StageFactory(pipeline=self.pipeline, name=name, type=kind, position=position)
            for position, (name, kind) in enumerate(
                [
                    ("First contact", StageType.OPEN),
                    ("Term sheet", StageType.OPEN),
                    ("Signed", StageType.DELIVERY),
                    ("Lost", StageType.LOST),
                ]
            )
        )
        self.deals = [self.add(f"Deal {number}") for number in range(3)]

    def add(self, title, stage=None, **facts):
        return DealFactory(
            title=title, stage=stage or self.contact, owner=self.bd, entered_stage_at=timezone.now() - 3 * DAY, **facts
        )


def card(page, deal):
    return page.locator(f"#deal-{deal.pk}")


def column(page, stage):
    return page.locator(f"[data-column='{stage.pk}']")


def drag(page, source, target):
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 40, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 90, steps=12)
    page.wait_for_timeout(150)
    page.mouse.up()


def in_column(page, deal, stage):
    column(page, stage).locator(f"#deal-{deal.pk}:not(.is-moving)").wait_for()


def test_card_dragged_by_mouse_moves_the_deal(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")

    drag(page, card(page, deal), column(page, desk.terms))

    in_column(page, deal, desk.terms)
    page.wait_for_function(f"document.querySelector('#deal-{deal.pk}').dataset.version === '2'")
    assert Deal.objects.get(pk=deal.pk).stage == desk.terms
    assert page.url.endswith("/board/lrs/")
