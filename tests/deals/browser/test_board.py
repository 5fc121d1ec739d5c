import datetime as dt

import pytest
from django.utils import timezone

from accounts.enums import Role
from deals.enums import StageType
from deals.models import Deal
from tests.accounts.factories import UserFactory
from tests.browser import until
from tests.deals.factories import DealFactory, GateFactory, PipelineFactory, StageFactory

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
    """Pull a card over a column, and let go once the column shows that it would take it."""
    pull(page, source, target)
    target.locator(".card-placeholder").wait_for()
    page.mouse.up()


def pull(page, source, target):
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 40, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 90, steps=12)


def in_column(page, deal, stage):
    column(page, stage).locator(f"#deal-{deal.pk}:not(.is-moving)").wait_for()


def test_card_dragged_by_mouse_moves_the_deal(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")

    drag(page, card(page, deal), column(page, desk.terms))

    in_column(page, deal, desk.terms)
    page.locator(f"#deal-{deal.pk}[data-version='2']").wait_for()
    assert Deal.objects.get(pk=deal.pk).stage == desk.terms
    assert page.url.endswith("/board/lrs/")


def focus(page, deal):
    card(page, deal).locator(".card-link").focus()


def announced(page):
    return page.locator("[data-announce]").text_content()


def order(page, stage):
    cards = column(page, stage).locator("[data-card]")
    return [int(pk) for pk in cards.evaluate_all("cards => cards.map((card) => card.dataset.card)")]


def touch(session, kind, x=0, y=0):
    points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


class Mouse:
    """A hand on a mouse."""

    def __init__(self, page):
        self.mouse = page.mouse

    def take(self, x, y):
        self.mouse.move(x, y)
        self.mouse.down()
        self.mouse.move(x + 20, y + 10, steps=4)

    def move(self, x, y):
        self.mouse.move(x, y, steps=8)

    def drop(self):
        self.mouse.up()


class Finger:
    """A hand on a touch screen: it takes a card by a long press."""

    def __init__(self, page):
        self.page, self.session = page, page.context.new_cdp_session(page)

    def take(self, x, y):
        self.x, self.y = x, y
        touch(self.session, "touchStart", x, y)
        self.page.wait_for_timeout(500)

    def move(self, x, y):
        for part in range(1, 9):
            touch(self.session, "touchMove", self.x + (x - self.x) * part / 8, self.y + (y - self.y) * part / 8)
        self.x, self.y = x, y

    def drop(self):
        touch(self.session, "touchEnd")


def test_card_dragged_within_its_column_keeps_its_place(desk, open_page):
    page = open_page(desk.bd, "/board/lrs/")
    first, _second, third = order(page, desk.contact)
    start, end = page.locator(f"#deal-{first}").bounding_box(), page.locator(f"#deal-{third}").bounding_box()

    with page.expect_response("**/move/**"):
        page.mouse.move(start["x"] + 60, start["y"] + 30)
        page.mouse.down()
        page.mouse.move(start["x"] + 60, start["y"] + 60, steps=4)
        page.mouse.move(end["x"] + 60, end["y"] + end["height"] - 10, steps=12)
        column(page, desk.contact).locator(f"#deal-{first}:last-child").wait_for()
        page.mouse.up()

    assert order(page, desk.contact)[-1] == first
    page.reload()
    assert order(page, desk.contact)[-1] == first


def scroll_of(page, selector):
    return page.locator(selector).first.evaluate("part => [part.scrollLeft, part.scrollTop]")


@pytest.mark.parametrize("is_touch", [False, True])
def test_board_and_column_scroll_while_a_card_is_held_at_their_edge_and_stop_when_it_leaves(desk, open_page, is_touch):
    for number in range(12):
        desk.add(f"More {number}")
    page = open_page(desk.bd, "/board/lrs/", has_touch=is_touch, viewport={"width": 900, "height": 560})
    hand = Finger(page) if is_touch else Mouse(page)
    cards, first = f"[data-column='{desk.contact.pk}'] [data-cards]", order(page, desk.contact)[0]
    board, column_ = page.locator("[data-board]").bounding_box(), page.locator(cards).bounding_box()
    start = page.locator(f"#deal-{first}").bounding_box()
    hand.take(start["x"] + 60, start["y"] + 30)
    middle_x, middle_y = start["x"] + 90, column_["y"] + column_["height"] / 2

    hand.move(middle_x, column_["y"] + column_["height"] - 12)
    until(page, lambda: scroll_of(page, cards)[1] > 150)
    hand.move(middle_x, middle_y)
    page.wait_for_timeout(150)
    stopped = scroll_of(page, cards)
    page.wait_for_timeout(300)
    assert scroll_of(page, cards) == stopped
    hand.move(middle_x, column_["y"] + 12)
    until(page, lambda: scroll_of(page, cards)[1] == 0)

    hand.move(board["x"] + board["width"] - 12, middle_y)
    until(page, lambda: scroll_of(page, "[data-board]")[0] > 100)
    hand.move(board["x"] + 12, middle_y)
    until(page, lambda: scroll_of(page, "[data-board]")[0] == 0)
    page.keyboard.press("Escape")
    hand.drop()

    assert order(page, desk.contact)[0] == first


def test_board_is_found_scrolled_as_it_was_left(desk, open_page):
    for number in range(12):
        desk.add(f"More {number}")
    page = open_page(desk.bd, "/board/lrs/", viewport={"width": 900, "height": 560})
    cards = f"[data-column='{desk.contact.pk}'] [data-cards]"
    page.locator("[data-board]").evaluate("board => board.scrollTo(120, 0)")
    page.locator(cards).evaluate("list => list.scrollTo(0, 300)")

    page.locator(f"{cards} [data-card]").nth(3).click(position={"x": 150, "y": 60})
    page.wait_for_url("**/deals/**")
    page.go_back()

    until(page, lambda: (scroll_of(page, "[data-board]")[0], scroll_of(page, cards)[1]) == (120, 300))
    page.goto("/board/lrs/")
    assert (scroll_of(page, "[data-board]")[0], scroll_of(page, cards)[1]) == (0, 0)


def test_click_on_a_card_opens_the_deal(desk, open_page):
    page = open_page(desk.bd, "/board/lrs/")

    card(page, desk.deals[0]).click()

    page.wait_for_url(f"**/deals/{desk.deals[0].code}/")


def test_card_moves_by_touch_after_a_long_press(desk, open_page):
    deal = desk.deals[2]
    page = open_page(desk.bd, "/board/lrs/", has_touch=True, viewport={"width": 900, "height": 800})
    session = page.context.new_cdp_session(page)
    start, end = card(page, deal).bounding_box(), column(page, desk.terms).bounding_box()
    x, y = start["x"] + 80, start["y"] + 40

    with page.expect_response("**/move/**"):
        touch(session, "touchStart", x, y)
        page.locator(".sortable-chosen").wait_for()
        for step in range(1, 11):
            touch(session, "touchMove", x + (end["x"] + 100 - x) * step / 10, y + (end["y"] + 120 - y) * step / 10)
            page.wait_for_timeout(30)
        column(page, desk.terms).locator(".card-placeholder").wait_for()
        touch(session, "touchEnd")

    in_column(page, deal, desk.terms)
    assert Deal.objects.get(pk=deal.pk).stage == desk.terms


def test_swipe_scrolls_and_moves_nothing(desk, open_page):
    for number in range(8):
        desk.add(f"More {number}")
    page = open_page(desk.bd, "/board/lrs/", has_touch=True, viewport={"width": 390, "height": 700})
    session = page.context.new_cdp_session(page)
    start = card(page, desk.deals[2]).bounding_box()
    x, y = start["x"] + 80, 500

    touch(session, "touchStart", x, y)
    for step in range(1, 9):
        touch(session, "touchMove", x, y - 40 * step)
        page.wait_for_timeout(16)
    touch(session, "touchEnd")
    page.wait_for_timeout(300)

    assert column(page, desk.contact).locator("[data-cards]").evaluate("list => list.scrollTop") > 0
    assert Deal.objects.filter(stage=desk.contact).count() == 11


def test_card_moves_by_keyboard_and_is_announced(desk, open_page):
    page = open_page(desk.bd, "/board/lrs/")
    top = Deal.objects.get(pk=order(page, desk.contact)[0])
    focus(page, top)

    page.keyboard.press("Space")
    assert announced(page).startswith(f"{top.code} picked up")
    page.keyboard.press("ArrowRight")
    assert announced(page) == f"{top.code} over Term sheet, place 1 of 1."
    page.keyboard.press("Escape")
    assert announced(page) == f"{top.code} stays in First contact."
    assert order(page, desk.contact)[0] == top.pk
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    with page.expect_response("**/move/**"):
        page.keyboard.press("Space")

    page.locator(f"#deal-{top.pk}[data-version='2']").wait_for()
    assert Deal.objects.get(pk=top.pk).stage == desk.terms
    assert page.evaluate("document.activeElement.closest('[data-card]').dataset.card") == str(top.pk)


def test_arrows_go_from_card_to_card(desk, open_page):
    page = open_page(desk.bd, "/board/lrs/")
    first, second, _third = order(page, desk.contact)
    page.locator(f"#deal-{first} .card-link").focus()

    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.activeElement.closest('[data-card]').dataset.card") == str(second)


def test_card_moves_by_its_menu(desk, open_page):
    deal = desk.deals[1]
    page = open_page(desk.bd, "/board/lrs/")
    focus(page, deal)

    page.keyboard.press("m")
    with page.expect_response("**/move/**"):
        page.get_by_role("menuitem", name="Signed").click()

    in_column(page, deal, desk.signed)
    assert Deal.objects.get(pk=deal.pk).stage == desk.signed


def test_card_moves_by_a_page_without_scripts(desk, open_page):
    deal = desk.deals[1]
    page = open_page(desk.bd, "/board/lrs/", java_script_enabled=False)

    page.goto(f"/deals/{deal.code}/move/")
    page.get_by_label("Move to").select_option("Term sheet")
    page.get_by_role("button", name="Move", exact=True).click()

    page.wait_for_url(f"**/deals/{deal.code}/")
    assert Deal.objects.get(pk=deal.pk).stage == desk.terms


def test_refused_card_goes_back_and_says_what_is_missing(desk, open_page):
    GateFactory(stage=desk.contact, label="Meeting logged")
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")
    before = order(page, desk.contact)

    drag(page, card(page, deal), column(page, desk.terms))

    toast = page.locator(".toast")
    toast.wait_for()
    assert toast.locator(".toast-title").text_content() == f"{deal.code} stays in First contact: 1 thing is missing"
    assert toast.get_by_role("link", name="Meeting logged").is_visible()
    assert toast.get_by_role("link", name="Waive with a reason").count() == 0
    assert order(page, desk.contact) == before
    assert Deal.objects.get(pk=deal.pk).stage == desk.contact


def test_manager_waives_with_a_reason_from_the_toast(desk, open_page):
    GateFactory(stage=desk.contact, label="Meeting logged")
    deal = desk.deals[0]
    page = open_page(desk.manager, "/board/lrs/")
    drag(page, card(page, deal), column(page, desk.terms))

    page.get_by_role("link", name="Waive with a reason").click()
    page.get_by_label("Reason for waiving").fill("Met at the fair")
    page.get_by_role("button", name="Waive and move").click()

    in_column(page, deal, desk.terms)
    assert Deal.objects.get(pk=deal.pk).waivers.get().reason == "Met at the fair"


def test_drop_on_lost_asks_for_the_reason_and_cancelling_puts_the_card_back(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")
    before = order(page, desk.contact)

    drag(page, card(page, deal), column(page, desk.lost))
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    in_column(page, deal, desk.contact)
    assert order(page, desk.contact) == before
    drag(page, card(page, deal), column(page, desk.lost))
    page.get_by_label("Reason").fill("Went with another licensor")
    page.get_by_role("dialog").get_by_role("button", name="Move").click()

    in_column(page, deal, desk.lost)
    page.locator(f"#deal-{deal.pk}[data-version='2']").wait_for()
    assert Deal.objects.get(pk=deal.pk).outcome_reason == "Went with another licensor"


def test_move_without_a_connection_goes_back_and_says_so(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")
    before = order(page, desk.contact)
    page.route("**/move/**", lambda route: route.abort())

    drag(page, card(page, deal), column(page, desk.terms))

    page.locator(".toast", has_text="The server did not answer").wait_for()
    assert order(page, desk.contact) == before


def test_second_of_two_people_learns_where_the_card_went(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")
    page.route("**/live/**", lambda route: route.abort())
    colleague = open_page(desk.manager, "/board/lrs/")
    drag(colleague, card(colleague, deal), column(colleague, desk.signed))
    colleague.locator(f"#deal-{deal.pk}[data-version='2']").wait_for()

    drag(page, card(page, deal), column(page, desk.terms))

    page.locator(".toast", has_text=f"Wei Lin moved {deal.code} to Signed.").wait_for()
    assert announced(page) == f"{deal.code} stays in Signed."
    in_column(page, deal, desk.signed)


def test_colleagues_move_appears_within_two_seconds(desk, open_page):
    deal = desk.deals[0]
    page = open_page(desk.bd, "/board/lrs/")
    page.clock.install()
    page.reload()
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    colleague = open_page(desk.manager, "/board/lrs/")
    drag(colleague, card(colleague, deal), column(colleague, desk.signed))
    colleague.locator(f"#deal-{deal.pk}[data-version='2']").wait_for()

    # Two seconds of the page's own clock, however slow the machine is.
    page.clock.run_for(2000)

    column(page, desk.signed).locator(f"#deal-{deal.pk}").wait_for()
    assert column(page, desk.signed).locator("[data-column-count]").text_content() == "1"


def test_colleagues_order_of_a_column_appears_within_two_seconds(desk, open_page):
    page = open_page(desk.bd, "/board/lrs/")
    first, second, third = order(page, desk.contact)
    colleague = open_page(desk.manager, "/board/lrs/")
    focus(colleague, Deal.objects.get(pk=first))
    for key in ("Space", "ArrowDown", "Space"):
        colleague.keyboard.press(key)

    page.locator(f"#deal-{second} + #deal-{first}").wait_for(timeout=2000)
    assert order(page, desk.contact) == order(colleague, desk.contact) == [second, first, third]


def test_live_update_waits_while_a_card_is_in_hand(desk, open_page):
    held, other = desk.deals[0], desk.deals[1]
    page = open_page(desk.bd, "/board/lrs/")
    focus(page, held)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    Deal.objects.filter(pk=other.pk).update(title="Changed meanwhile")

    page.wait_for_timeout(1500)
    assert card(page, other).locator(".card-title").text_content() != "Changed meanwhile"
    assert column(page, desk.terms).locator(f"#deal-{held.pk}.is-lifted").count() == 1
    page.keyboard.press("Escape")

    card(page, other).get_by_text("Changed meanwhile").wait_for()


def test_read_only_board_has_no_drag(desk, open_page):
    page = open_page(UserFactory(role=Role.READ_ONLY), "/board/lrs/")

    pull(page, card(page, desk.deals[0]), column(page, desk.terms))
    page.wait_for_timeout(150)
    page.mouse.up()

    assert column(page, desk.terms).locator("[data-card]").count() == 0


def test_column_loads_more_as_it_scrolls_and_folds_into_the_address(desk, open_page):
    for number in range(40):
        desk.add(f"More {number}")
    page = open_page(desk.bd, "/board/lrs/")
    assert column(page, desk.contact).locator("[data-card]").count() == 30

    column(page, desk.contact).locator("[data-cards]").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    column(page, desk.contact).locator("[data-card]").nth(42).wait_for(state="attached")
    column(page, desk.terms).get_by_role("button", name="Fold Term sheet").click()

    assert page.url.endswith(f"?collapsed={desk.terms.pk}")
    page.reload()
    assert "is-collapsed" in column(page, desk.terms).get_attribute("class")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_board_is_accessible(desk, open_page, axe, color_scheme, width):
    GateFactory(stage=desk.contact)
    desk.add("Very long title " * 10, is_confidential=True)
    page = open_page(desk.bd, "/board/lrs/", color_scheme=color_scheme, viewport={"width": width, "height": 844})

    assert axe(page) == []
