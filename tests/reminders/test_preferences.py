"""How people want to be told, and what follows for what waits."""

import datetime as dt

import pytest

from lrs_tracker.problems import DomainError
from reminders.domain import preferences
from reminders.enums import Channel, DayCount, ReminderStatus, SubjectKind
from reminders.models import ChatEndpoint, KindPreference, Mute, Preference
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY
from tests.reminders.factories import ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
URL = "/settings/reminders/"
SECRET = "https://chat.example/hooks/very-secret"
DAY = dt.timedelta(days=1)
HOURS = {"send_time": dt.time(9), "working_days": [0, 1, 2, 3, 4], "wants_digest": False}


@pytest.fixture
def maria():
    return UserFactory(name="Maria Falk", time_zone="Europe/Berlin")


@pytest.fixture
def maria_client(client, maria):
    client.force_login(maria)
    return client


def waiting(user, **facts):
    facts = {"due_on": TODAY + DAY, "send_at": dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC)} | facts
    return ReminderFactory(recipient=user, status=ReminderStatus.WAITING, told_at=None, told_to=None, **facts)


def send_at(reminder):
    reminder.refresh_from_db()
    return reminder.send_at


def test_preference_of_someone_who_never_said_is_the_default(maria):
    preference = preferences.preference_of(maria)

    assert (preference.pk, preference.send_time, preference.working_days) == (None, dt.time(8), [0, 1, 2, 3, 4])


def test_change_hours_moves_what_waits(maria):
    reminder, foreign = waiting(maria), waiting(UserFactory())

    preferences.change_hours(user=maria, at=NOW, **HOURS)

    assert send_at(reminder) == dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)
    assert send_at(foreign) == dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC)


def test_change_hours_to_a_passed_hour_tells_at_once(maria):
    reminder = waiting(maria, due_on=TODAY, send_at=dt.datetime(2026, 11, 24, 16, tzinfo=dt.UTC))

    preferences.change_hours(user=maria, at=NOW, **HOURS)

    assert send_at(reminder) == NOW


def test_a_day_off_moves_reminders_before_a_date_forward_and_those_after_it_back(maria):
    # Wednesday 25 November: the date itself, and the day after a date.
    on_the_day = waiting(maria)
    day_after = waiting(maria, due_on=TODAY, offset_days=1, rule=RuleFactory(offsets=[1]))

    preferences.change_hours(user=maria, at=NOW - DAY, **HOURS | {"working_days": [0, 1, 3, 4]})

    assert send_at(on_the_day) == dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
    assert send_at(day_after) == dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC)


def test_business_days_of_a_rule_are_counted_as_such(maria):
    rule = RuleFactory(offsets=[-2], day_count=DayCount.BUSINESS)
    # Two business days before Monday 30 November is Thursday.
    reminder = waiting(maria, rule=rule, offset_days=-2, due_on=dt.date(2026, 11, 30))

    preferences.change_hours(user=maria, at=NOW, **HOURS)

    assert send_at(reminder) == dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC)


def test_a_snooze_keeps_its_day(maria):
    snoozed = dt.datetime(2026, 12, 3, 7, tzinfo=dt.UTC)
    reminder = waiting(maria, send_at=snoozed, snoozed_until=snoozed)

    preferences.change_hours(user=maria, at=NOW, **HOURS)

    reminder.refresh_from_db()
    assert reminder.send_at == reminder.snoozed_until == dt.datetime(2026, 12, 3, 8, tzinfo=dt.UTC)


def test_a_snooze_keeps_its_day_across_the_world(maria_client, maria):
    # 08:00 in Shanghai on 3 December is still 2 December in Detroit.
    maria.time_zone = "Asia/Shanghai"
    maria.save()
    moment = dt.datetime(2099, 12, 3, tzinfo=dt.UTC)
    reminder = waiting(maria, send_at=moment, snoozed_until=moment)

    maria_client.post(
        "/settings/", {"name": "Maria", "time_zone": "America/Detroit", "language": "en", "currency": "USD"}
    )

    assert send_at(reminder) == dt.datetime(2099, 12, 3, 13, tzinfo=dt.UTC)


def test_what_is_due_and_what_was_told_stays(maria):
    due = waiting(maria, send_at=NOW)
    told = ReminderFactory(recipient=maria)

    preferences.change_hours(user=maria, at=NOW, **HOURS)

    assert (send_at(due), send_at(told)) == (NOW, NOW)


@pytest.mark.parametrize("count", [1, 30])
def test_reschedule_takes_the_same_queries_for_many(maria, count, django_assert_num_queries):
    for number in range(count):
        waiting(maria, subject_id=number)
    maria.time_zone = "Asia/Shanghai"
    maria.save()

    with django_assert_num_queries(5):
        assert preferences.reschedule(user=maria, at=NOW) == count


def test_change_hours_refuses_a_week_without_work(maria):
    with pytest.raises(DomainError, match="at least one working day"):
        preferences.change_hours(user=maria, at=NOW, **HOURS | {"working_days": []})


def test_choose_channels_keeps_only_what_differs(maria):
    every = {kind: list(Channel) for kind in SubjectKind}

    preferences.choose_channels(user=maria, chosen=every | {SubjectKind.TASK_DUE: [Channel.CHAT]})
    preferences.choose_channels(
        user=maria, chosen=every | {SubjectKind.TASK_DUE: [Channel.CHAT], SubjectKind.GATE_DUE: []}
    )
    assert list(KindPreference.objects.order_by("kind").values_list("kind", "by_email", "by_chat", "version")) == [
        ("gate_due", False, False, 1),
        ("task_due", False, True, 1),
    ]

    preferences.choose_channels(user=maria, chosen=every)
    assert not KindPreference.objects.exists()


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"away_from": TODAY, "away_until": None}, "away_until"),
        ({"away_from": None, "away_until": TODAY}, "away_from"),
        ({"away_from": TODAY, "away_until": TODAY - DAY}, "away_until"),
        ({"away_from": None, "away_until": None, "delegate": "colleague"}, "away_from"),
        ({"away_from": TODAY, "away_until": TODAY, "delegate": "self"}, "delegate"),
        ({"away_from": TODAY, "away_until": TODAY, "delegate": "gone"}, "delegate"),
    ],
)
def test_set_absence_refuses(maria, facts, field):
    people = {"self": maria, "gone": UserFactory(is_active=False), "colleague": UserFactory(), None: None}

    with pytest.raises(DomainError) as refused:
        preferences.set_absence(user=maria, **facts | {"delegate": people[facts.get("delegate")]})

    assert refused.value.field == field
    assert not Preference.objects.exists()


def test_set_absence_and_back(maria):
    wei = UserFactory()

    preferences.set_absence(user=maria, away_from=TODAY, away_until=TODAY + DAY, delegate=wei)
    assert preferences.preference_of(maria).delegate == wei

    preference = preferences.set_absence(user=maria, away_from=None, away_until=None, delegate=None)
    assert (preference.away_from, preference.away_until, preference.delegate) == (None, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://chat.example/x",
        "chat.example/x",
        "https://",
        "https://a b",
        "https://me:pw@chat.example/",
        "https://[::1",
    ],
)
def test_own_chat_refuses_what_is_no_safe_address(maria, url):
    with pytest.raises(DomainError) as refused:
        preferences.set_own_chat(user=maria, name="Mine", format="slack", url=url)

    assert refused.value.field == "url"
    assert not ChatEndpoint.objects.exists()


def test_own_chat_keeps_its_address_when_none_is_given(maria):
    preferences.set_own_chat(user=maria, name="Mine", format="slack", url=SECRET)
    endpoint = preferences.set_own_chat(user=maria, name="Renamed", format="json", url="")

    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.format, endpoint.url, endpoint.owner) == ("Renamed", "json", SECRET, maria)

    preferences.remove_own_chat(user=maria)
    assert not ChatEndpoint.objects.exists()
    assert preferences.preference_of(maria).chat_endpoint is None


def test_page_never_shows_the_address_of_a_chat(maria_client, maria):
    maria_client.post(URL + "chat/", {"name": "Mine", "format": "slack", "url": SECRET})

    page = maria_client.get(URL).content.decode()
    refused = maria_client.post(URL + "chat/", {"name": "", "format": "slack", "url": ""})

    assert ChatEndpoint.objects.get().url == SECRET
    assert "very-secret" not in page + refused.content.decode()
    assert "One is kept" in page
    assert "very-secret" not in "".join(map(str, Change.objects.values_list("fields", flat=True)))


def test_page_saves_hours_and_shows_them(maria_client, maria):
    response = maria_client.post(
        URL + "hours/", {"send_time": "07:15", "working_days": ["0", "6"], "wants_digest": "on"}
    )

    preference = Preference.objects.get(user=maria)
    assert response.headers["Location"] == URL
    assert (preference.send_time, preference.working_days, preference.wants_digest) == (dt.time(7, 15), [0, 6], True)
    page = maria_client.get(URL).content.decode()
    assert 'value="07:15"' in page
    assert "Europe/Berlin" in page


@pytest.mark.parametrize(
    ("part", "typed", "words"),
    [
        ("hours", {"send_time": "25:99", "working_days": ["0"]}, "Enter a valid time."),
        ("hours", {"send_time": "08:00"}, "Choose at least one working day."),
        ("hours", {"send_time": "08:00", "working_days": ["9"]}, "Select a valid choice"),
        ("channels", {"task_due": ["pigeon"]}, "Select a valid choice"),
        ("chat", {"name": "Mine", "format": "slack", "url": "http://chat.example"}, "begins with https://"),
        ("chat", {"name": "Mine", "format": "irc", "url": SECRET}, "Select a valid choice"),
        ("absence", {"away_from": "2026-12-24", "away_until": ""}, "Give both days."),
        ("absence", {"away_from": "1066-01-01", "away_until": "2026-12-24"}, "plausible"),
    ],
)
def test_page_says_what_is_wrong_and_saves_nothing(maria_client, part, typed, words):
    response = maria_client.post(f"{URL}{part}/", typed)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Preference.objects.exists()


def test_page_saves_channels(maria_client, maria):
    chosen = {kind.value: ["email", "chat"] for kind in SubjectKind} | {"task_due": ["chat"]}

    maria_client.post(URL + "channels/", chosen)

    [own] = KindPreference.objects.all()
    assert (own.user, own.kind, own.by_email, own.by_chat) == (maria, "task_due", False, True)


def test_page_sets_an_absence_and_says_when_it_is_now(maria_client, maria):
    wei = UserFactory(name="Wei Lin")
    absence = {"away_from": "2020-01-01", "away_until": "2099-01-01", "delegate": wei.pk}

    maria_client.post(URL + "absence/", absence)

    assert Preference.objects.get(user=maria).delegate == wei
    assert "Away now" in maria_client.get(URL).content.decode()


def test_page_lists_mutes_and_takes_them_back(maria_client, maria):
    own = Mute.objects.create(user=maria, rule=RuleFactory(name="Tasks of the week"))
    foreign = Mute.objects.create(user=UserFactory(), rule=RuleFactory(name="Foreign rule"))
    page = maria_client.get(URL).content.decode()
    assert "Tasks of the week" in page
    assert "Foreign rule" not in page

    assert maria_client.post(f"/settings/mutes/{foreign.pk}/remove/").status_code == 404
    response = maria_client.post(f"/settings/mutes/{own.pk}/remove/", follow=True)

    assert "“Tasks of the week” is not muted any more." in response.content.decode()
    assert list(Mute.objects.all()) == [foreign]


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_the_same_queries_for_many(maria_client, maria, count, django_assert_num_queries, fetch_raise):
    for _number in range(count):
        reminder = ReminderFactory()
        Mute.objects.create(user=maria, rule=reminder.rule, deal=reminder.deal)
    preferences.set_own_chat(user=maria, name="Mine", format="slack", url=SECRET)
    maria_client.get("/views/")  # The pinned views of the sidebar are then in the cache.

    with django_assert_num_queries(5):
        maria_client.get(URL)


def test_pages_refuse_the_wrong_method(maria_client):
    for part in ("hours", "channels", "chat", "chat/remove", "absence"):
        assert maria_client.get(f"{URL}{part}/").status_code == 405
    assert maria_client.post(URL).status_code == 405
