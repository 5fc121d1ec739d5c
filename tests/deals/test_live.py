import threading

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Role
from deals.domain.moves import move_deal
from deals.models import Deal
from sync.domain.changes import CurrentCursor, CursorError, changes_since, parse_cursor
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, PipelineFactory, StageFactory, TaskFactory

IDLE_QUERIES = 2


@pytest.fixture
def desk(transactional_db, client):
    return Desk(client)


class Desk:
    def __init__(self, client):
        self.client = client
        self.user = UserFactory()
        self.pipeline = PipelineFactory(slug="lrs")
        self.first, self.second = (StageFactory(pipeline=self.pipeline, position=number) for number in range(2))
        self.deal = DealFactory(stage=self.first)
        client.force_login(self.user)

    def cursor(self):
        return cursor_now()

    def poll(self, since, query=""):
        response = self.client.get(f"/board/lrs/live/?since={since}&{query}")
        assert response.status_code == 200
        return response.json()


def cursor_now():
    from deals.models import Pipeline

    return Pipeline.objects.annotate(cursor=CurrentCursor()).values_list("cursor", flat=True)[0]


def change(deal, **fields):
    Deal.objects.filter(pk=deal.pk).update(**fields)


def reorder(deal, *, after):
    move_deal(deal=deal, target=deal.stage, by=deal.owner, at=NOW, today=NOW.date(), after=after)


def test_live_without_changes_costs_two_queries(desk, django_assert_num_queries):
    since = desk.cursor()

    with django_assert_num_queries(IDLE_QUERIES):
        answer = desk.poll(since)

    assert list(answer) == ["cursor"]


def test_live_sends_a_changed_card_once_with_figures(desk):
    since = desk.cursor()
    change(desk.deal, title="New title")

    answer = desk.poll(since)

    patch = answer["patch"]
    assert [(card["id"], card["stage"], card["above"]) for card in patch["cards"]] == [
        (desk.deal.pk, desk.first.pk, None)
    ]
    assert "New title" in patch["cards"][0]["html"]
    assert sorted(patch["heads"]) == sorted([str(desk.first.pk), str(desk.second.pk)])
    assert "patch" not in desk.poll(answer["cursor"])


def test_live_names_the_card_above_a_changed_one(desk):
    below = DealFactory(stage=desk.first)
    since = desk.cursor()
    change(below, title="Changed")

    assert desk.poll(since)["patch"]["cards"][0]["above"] == desk.deal.pk


def test_live_sends_a_card_that_has_another_place_in_its_column_once(desk):
    below = DealFactory(stage=desk.first)
    since = desk.cursor()
    reorder(desk.deal, after=below)

    answer = desk.poll(since)

    assert [(card["id"], card["above"]) for card in answer["patch"]["cards"]] == [(desk.deal.pk, below.pk)]
    assert "patch" not in desk.poll(answer["cursor"])


def test_another_place_in_the_column_is_in_no_timeline_and_raises_no_version(desk):
    below = DealFactory(stage=desk.first)
    known = set(Change.objects.values_list("pk", flat=True))
    reorder(desk.deal, after=below)

    new = Change.objects.exclude(pk__in=known)
    assert [(each.resource, each.object_id, list(each.fields)) for each in new] == [
        ("deal-place", desk.deal.pk, ["rank"])
    ]
    assert not new.visible_to(desk.user).exists()
    assert not new.of("deal", desk.deal.pk).exists()
    assert Deal.objects.get(pk=desk.deal.pk).version == desk.deal.version


def test_move_to_another_stage_is_one_change_of_the_deal(desk):
    since = Change.objects.order_by("pk").last().pk
    move_deal(deal=desk.deal, target=desk.second, by=desk.user, at=NOW, today=NOW.date())

    assert sorted(Change.objects.filter(pk__gt=since).values_list("resource", flat=True)) == ["deal", "transition"]


def test_live_says_nothing_of_another_place_of_a_deal_that_the_reader_never_saw(desk):
    secret = DealFactory(stage=desk.first, is_confidential=True)
    since = desk.cursor()
    Deal.objects.filter(pk=secret.pk).update(rank=secret.rank - 1)

    patch = desk.poll(since)["patch"]

    assert (patch["cards"], patch["gone"]) == ([], [])


def test_live_sends_a_card_whose_next_step_changed(desk):
    since = desk.cursor()
    TaskFactory(deal=desk.deal, title="Call the sponsor")

    assert "Call the sponsor" in desk.poll(since)["patch"]["cards"][0]["html"]


def test_live_takes_away_a_deal_that_left_the_filter(desk):
    since = desk.cursor()
    change(desk.deal, region="oceania")

    patch = desk.poll(since, "region=europe")["patch"]

    assert (patch["cards"], patch["gone"]) == ([], [desk.deal.pk])


def test_live_takes_away_a_deal_that_went_to_another_pipeline(desk):
    elsewhere = StageFactory()
    since = desk.cursor()
    change(desk.deal, stage=elsewhere)

    assert desk.poll(since)["patch"]["gone"] == [desk.deal.pk]


def test_live_takes_away_a_deal_that_becomes_confidential(desk):
    since = desk.cursor()
    change(desk.deal, is_confidential=True, title="Secret")

    patch = desk.poll(since)["patch"]

    assert (patch["cards"], patch["gone"]) == ([], [desk.deal.pk])


def test_live_says_nothing_of_a_deal_that_the_reader_never_saw(desk):
    secret = DealFactory(stage=desk.first, is_confidential=True)
    since = desk.cursor()
    change(secret, title="Still secret")
    TaskFactory(deal=secret)
    secret.team.add(UserFactory())
    hidden = DealFactory(stage=desk.first, is_confidential=True)

    patch = desk.poll(since)["patch"]

    assert (patch["cards"], patch["gone"]) == ([], [])
    assert str(hidden.pk) not in str(patch["cards"])


def test_live_takes_away_a_confidential_deal_from_one_who_leaves_its_team_or_gives_it_up(desk):
    left = DealFactory(stage=desk.first, is_confidential=True)
    left.team.add(desk.user)
    given_up = DealFactory(stage=desk.first, is_confidential=True, owner=desk.user)
    since = desk.cursor()
    left.team_members.all().delete()
    change(given_up, owner=UserFactory())

    assert desk.poll(since)["patch"]["gone"] == sorted([left.pk, given_up.pk])


def test_live_shows_a_confidential_deal_to_a_new_member_of_its_team(desk):
    deal = DealFactory(stage=desk.first, is_confidential=True)
    since = desk.cursor()
    deal.team.add(desk.user)

    assert [card["id"] for card in desk.poll(since)["patch"]["cards"]] == [deal.pk]


def test_live_takes_away_a_deleted_deal(desk):
    since = desk.cursor()
    pk = desk.deal.pk
    desk.deal.delete()

    assert desk.poll(since)["patch"]["gone"] == [pk]


def test_live_asks_for_a_new_board_when_stages_change_or_too_much_does(desk):
    since = desk.cursor()
    type(desk.first).objects.filter(pk=desk.first.pk).update(name="Renamed")
    assert desk.poll(since)["stale"] is True

    since = desk.cursor()
    for _time in range(301):
        change(desk.deal, title=f"{_time}")
    assert desk.poll(since)["stale"] is True


def test_live_of_an_unknown_pipeline_is_not_found_and_a_stranger_logs_in(desk, client):
    since = desk.cursor()
    change(desk.deal, title="x")

    assert client.get(f"/board/nowhere/live/?since={since}").status_code == 404
    client.logout()
    assert client.get(f"/board/lrs/live/?since={since}").status_code == 302


def test_live_shows_a_transaction_that_began_before_the_cursor_and_ended_after_it(desk):
    """A later number can become visible before an earlier one: neither may be lost."""
    began, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            change(desk.deal, title="Slow")
            began.set()
            go_on.wait(10)
        connection.close()
        done.set()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    began.wait(10)
    quick = DealFactory(stage=desk.second)
    since = desk.cursor()
    assert "patch" not in desk.poll(since)
    go_on.set()
    done.wait(10)
    slow.join()

    answer = desk.poll(since)

    assert [card["id"] for card in answer["patch"]["cards"]] == [desk.deal.pk]
    assert quick.pk != desk.deal.pk


@pytest.mark.parametrize(
    "since",
    ["", "x", "0:0:", "5:4:", "1:2:3", "3:9:5,4", "3:9:4,4", "1:2:'; DROP TABLE sync_change", "9" * 30 + ":1:", "1:1"],
)
def test_live_refuses_a_cursor_that_is_not_ours(desk, since):
    assert desk.client.get("/board/lrs/live/", {"since": since}).status_code == 400


def test_cursor_from_the_future_asks_to_start_anew(desk):
    assert desk.poll("999999999:999999999:")["stale"] is True


@given(st.text(max_size=40))
def test_parse_cursor_takes_only_snapshots(text):
    try:
        oldest, end = parse_cursor(text)
    except CursorError:
        return
    assert 0 < oldest <= end


@pytest.mark.django_db
def test_every_cursor_that_parses_is_a_snapshot_to_postgresql():
    for text in ("10:10:", "10:20:10,11,19", "1:999999999999:"):
        parse_cursor(text)
        changes_since(text, limit=1)


def test_live_card_of_a_read_only_user_has_no_way_to_move(desk, client):
    client.force_login(UserFactory(role=Role.READ_ONLY))
    since = desk.cursor()
    change(desk.deal, title="New")

    assert "data-move-open" not in desk.poll(since)["patch"]["cards"][0]["html"]


def test_live_card_comes_with_the_words_for_the_heading_of_its_group(desk):
    since = desk.cursor()
    change(desk.deal, region="middle_east_africa")
    (card,) = desk.poll(since, "group=region")["patch"]["cards"]
    change(desk.deal, region="")
    (without,) = desk.poll(since, "group=region")["patch"]["cards"]

    assert (card["group"], card["group_label"]) == ("middle_east_africa", "Middle East & Africa")
    assert (without["group"], without["group_label"]) == ("", "None")
