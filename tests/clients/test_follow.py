"""Followers that keep in step with everything that is written, however it is, and however often they are killed."""

import contextlib
import csv
import json
import os
import random
import sqlite3
import threading
import time

import pytest
from django.conf import settings
from django.test import Client as Browser

from accounts.enums import Role
from deals.models import Deal, DealTeamMember
from lrs_client import Client
from lrs_client.answers import singular
from lrs_client.belonging import OWNER, owner_member, with_owners
from lrs_client.follower import Follower
from lrs_client.mirror import Mirror, MirrorError
from lrs_tracker.api import urls  # noqa: F401  # resources are known by being loaded
from lrs_tracker.api.resources import resources as known_resources
from sync.domain.feed import Position
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.clients.conftest import prune_feed, settle, token_of
from tests.clients.serving import wait_until
from tests.clients.writers import Writers
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory, StageFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)

# How long the writers write; LRS_FOLLOW_SECONDS=60 is the long run.
SECONDS = float(os.environ.get("LRS_FOLLOW_SECONDS", "8"))
FOLLOWED = ["companies", "contacts", "facts", "deals"]


def state_of(client, names=FOLLOWED):
    """Return everything that the server tells a client."""
    return {name: {one["id"]: one for one in client.export(name)} for name in names}


def sqlite_state(path, names=FOLLOWED):
    """Return everything in a mirror."""
    with contextlib.closing(sqlite3.connect(path)) as mirror:
        return {
            name: {pk: json.loads(text) for pk, text in mirror.execute(f"SELECT id, data FROM {name}")}  # noqa: S608
            for name in names
        }


def files_state(folder, names=FOLLOWED):
    """Return everything in a folder of JSON lines."""
    found = {}
    for name in names:
        lines = (folder / f"{name}.jsonl").read_text().splitlines()
        found[name] = {one["id"]: one for one in map(json.loads, lines)}
    return found


class Watcher(threading.Thread):
    """Follows with the library: keeps a copy, and every change that it was told."""

    def __init__(self, url, token):
        super().__init__(daemon=True)
        self.client = Client(url, token)
        self.copy = {name: {} for name in FOLLOWED}
        self.changes = []
        self.start_cursor = self.cursor = None
        self.is_stopped = False

    def load(self):
        for name in FOLLOWED:
            for page in self.client.pages(name, snapshot=self.cursor is None):
                self.cursor = self.cursor or page.changes_cursor
                self.copy[name] |= {one["id"]: one for one in page.results}
        self.start_cursor = self.cursor

    def run(self):
        for page in self.client.follow(self.cursor, FOLLOWED, wait=1):
            for change in page.changes:
                self.changes.append(change)
                if change.object is None:
                    self.copy[change.resource].pop(change.id, None)
                else:
                    self.copy[change.resource][change.id] = change.object
            if self.is_stopped and not page.more:
                self.client.close()
                return


def logged_after(cursor):
    """Return the sequences of what the change log has of the followed resources after a cursor.

    Parts that were removed from what is gone by now come apart: they may be told, or go with what they belonged to.
    """
    start = Position.parse(cursor)
    parts = ("deal-team-member", "deal-plant", "deal-contact", "external-ref")
    singulars = {singular(name) for name in FOLLOWED}
    gone = set(Change.objects.filter(operation="delete").values_list("resource", "object_id"))
    told, left = [], set()
    for change in Change.objects.in_feed_order():
        sequence = (change.feed_transaction, change.pk)
        is_part = change.resource in parts and change.parent_resource in singulars
        if sequence <= (start.transaction, start.row) or not (is_part or change.resource in singulars):
            continue
        if is_part and change.operation == "delete" and (change.parent_resource, change.parent_id) in gone:
            left.add(sequence)
        else:
            told.append(sequence)
    return told, left


def test_followers_end_with_the_state_of_the_database_whoever_wrote_it(server, connect, follow_command, tmp_path):
    """Eight writers, three followers; `LRS_FOLLOW_SECONDS=60` makes it a minute."""
    administrator = UserFactory(role=Role.ADMINISTRATOR)
    colleague = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    companies = CompanyFactory.create_batch(12)
    ContactFactory(company=companies[0])
    stages = [StageFactory()]
    stages.append(StageFactory(pipeline=stages[0].pipeline))
    deals = [DealFactory(company=companies[number % 6], stage=stages[0], owner=administrator) for number in range(6)]
    browser = Browser()
    browser.force_login(administrator)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value

    watcher = Watcher(server, token_of(administrator))
    watcher.load()
    names = [option for name in FOLLOWED for option in ("--resource", name)]
    killed = follow_command(administrator, tmp_path / "mirror.sqlite3", "--wait=1", *names)
    files = follow_command(colleague, tmp_path / "files", "--format=jsonl", "--wait=1", *names)
    files.start()
    watcher.start()

    writers = Writers(
        url=server,
        token=token_of(administrator),
        cookie=(settings.SESSION_COOKIE_NAME, session),
        user=administrator,
        colleague=colleague,
        companies=[one.pk for one in companies],
        deals=[one.pk for one in deals],
        stages=[one.pk for one in stages],
        until=time.monotonic() + SECONDS,
    )
    threads = writers.start()
    dice = random.Random(7)  # noqa: S311  # no secret
    while not writers.is_over():
        killed.start()
        time.sleep(dice.uniform(0.3, 3))
        killed.kill()
    for thread in threads:
        thread.join(60)
    # At least one deal is hidden from the colleague in the end.
    DealTeamMember.objects.filter(deal=deals[0]).delete()
    Deal.objects.filter(pk=deals[0].pk).update(is_confidential=True)
    settle()
    watcher.is_stopped = True
    watcher.join(60)

    assert [name for name, count in writers.counts.items() if not count] == []
    truth = state_of(connect(administrator))
    assert watcher.copy == truth
    assert killed.run().stderr == ""
    assert sqlite_state(tmp_path / "mirror.sqlite3") == truth
    seen = state_of(connect(colleague))
    wait_until(lambda: files_state(tmp_path / "files") == seen)
    assert str(deals[0].pk) in truth["deals"]
    assert str(deals[0].pk) not in seen["deals"]

    sequences = [change.sequence for change in watcher.changes]
    assert sequences == sorted(set(sequences))
    logged, left = logged_after(watcher.start_cursor)
    assert [one for one in sequences if one not in left] == logged
    assert versions_that_went_back(watcher.changes) == []


def versions_that_went_back(changes):
    """Return the changes with an older state of an object than a change before had."""
    last, found = {}, []
    for change in changes:
        if change.object is not None:
            version = change.object["version"]
            if version < last.get((change.resource, change.id), 0):
                found.append(change)
            last[change.resource, change.id] = version
    return found


def test_mirror_has_a_column_for_each_member_and_goes_on_where_it_was(connect, follow_command, tmp_path):
    user = UserFactory(role=Role.ADMINISTRATOR)
    client = connect(user)
    company = client.create("companies", {"name": "Nordwind", "country": "DE"})
    stage = StageFactory()
    deal = client.create(
        "deals",
        {
            "company": company["id"],
            "title": "Cells",
            "stage": str(stage.pk),
            "annual_royalty": {"amount": "1200.50", "currency": "EUR"},
        },
    )
    settle()
    path = tmp_path / "mirror.sqlite3"
    command = follow_command(user, path, "--resource=deals", "--resource=companies")
    assert command.run().stderr == ""
    with contextlib.closing(sqlite3.connect(path)) as mirror:
        row = mirror.execute(
            "SELECT id, version, title, company, annual_royalty_amount, annual_royalty_currency FROM deals"
        )
        assert row.fetchall() == [(deal["id"], deal["version"], "Cells", company["id"], "1200.50", "EUR")]

    client.change("companies", company["id"], {"about": "Cells"})
    settle()
    assert command.run().stderr == ""
    assert sqlite_state(path, ["companies", "deals"]) == state_of(client, ["companies", "deals"])


def test_files_are_whole_and_defused(connect, follow_command, tmp_path):
    user = UserFactory(role=Role.ADMINISTRATOR)
    CompanyFactory(name="=1+1", country="DE")
    CompanyFactory(name="Nordwind, “Motors”", country="SE", about="Two\nlines")
    settle()
    command = follow_command(user, tmp_path / "files", "--format=csv", "--resource=companies")
    assert command.run().stderr == ""
    with (tmp_path / "files" / "companies.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["country"], row["about"]) for row in rows] == [
        ("'=1+1", "DE", ""),
        ("Nordwind, “Motors”", "SE", "Two\nlines"),
    ]
    assert sorted(one.name for one in (tmp_path / "files").iterdir() if not one.name.startswith(".")) == [
        "companies.csv"
    ]


def test_mirror_whose_changes_are_pruned_is_loaded_anew_and_never_empty(connect, follow_command, tmp_path):
    user = UserFactory(role=Role.ADMINISTRATOR)
    _kept, gone = CompanyFactory.create_batch(2)
    settle()
    path = tmp_path / "mirror.sqlite3"
    command = follow_command(user, path, "--resource=companies")
    assert command.run().stderr == ""
    gone.delete()
    CompanyFactory.create_batch(3)
    prune_feed()
    settle()

    lows, is_over = [], threading.Event()

    def watch():
        while not is_over.is_set():
            lows.append(len(sqlite_state(path, ["companies"])["companies"]))

    watching = threading.Thread(target=watch)
    watching.start()
    run = command.run()
    is_over.set()
    watching.join()

    assert "loading everything anew" in run.stderr
    assert sqlite_state(path, ["companies"]) == state_of(connect(user), ["companies"])
    assert set(lows) <= {2, 4}


def test_load_that_was_killed_goes_on_and_a_mirror_of_more_is_loaded(connect, follow_command, tmp_path):
    user = UserFactory(role=Role.ADMINISTRATOR)
    CompanyFactory.create_batch(3)
    ContactFactory.create_batch(2)
    settle()
    path = tmp_path / "mirror.sqlite3"
    for _attempt in range(6):
        command = follow_command(user, path, "--resource=companies")
        command.start()
        time.sleep(0.4)
        command.kill()
    assert follow_command(user, path, "--resource=companies").run().stderr == ""
    assert follow_command(user, path, "--resource=companies", "--resource=contacts").run().stderr == ""
    assert sqlite_state(path, ["companies", "contacts"]) == state_of(connect(user), ["companies", "contacts"])


def test_what_belongs_to_an_object_goes_with_it(tmp_path):
    mirror = Mirror(tmp_path / "mirror.sqlite3", server="x", resources=with_owners(["tasks", "statements"]))
    assert mirror.resources == ["deals", "tasks", "agreements", "statements"]
    owned = {"tasks": {"deal": "1"}, "agreements": {"deal": "1"}, "statements": {"agreement": "1"}}
    for name in mirror.resources:
        owner = owned.get(name, {})
        page = [{"id": "1", **owner}, {"id": "2", **dict.fromkeys(owner, "2")}]
        mirror.load(page, cursor="a", resource=name, next_page=None)
    with mirror.step("a", "b"):
        mirror.remove("deals", "1")
    assert {name: [one["id"] for one in mirror.objects(name)] for name in mirror.resources} == {
        name: ["2"] for name in mirror.resources
    }
    with pytest.raises(MirrorError, match="Another follower"), mirror.step("a", "c"):
        mirror.remove("deals", "2")
    assert [one["id"] for one in mirror.objects("deals")] == ["2"]
    mirror.close()
    with pytest.raises(MirrorError, match="a copy of x"):
        Mirror(tmp_path / "mirror.sqlite3", server="y", resources=["deals"])


@pytest.mark.skipif("tasks" not in {one.name for one in known_resources()}, reason="The API has no tasks.")
def test_deal_that_comes_into_sight_brings_its_tasks_and_takes_them_along(connect, follow_command, tmp_path):
    colleague = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    deal = DealFactory(is_confidential=True)
    TaskFactory(deal=deal)
    TaskFactory()
    settle()
    path = tmp_path / "mirror.sqlite3"
    command = follow_command(colleague, path, "--resource=tasks")
    client = connect(colleague)
    counts = []
    for is_confidential in (True, False, True, False):
        Deal.objects.filter(pk=deal.pk).update(is_confidential=is_confidential)
        settle()
        assert command.run().stderr == ""
        assert sqlite_state(path, ["deals", "tasks"]) == state_of(client, ["deals", "tasks"])
        counts.append(len(sqlite_state(path, ["tasks"])["tasks"]))
    assert counts == [1, 2, 1, 2]


def test_what_belongs_to_an_object_is_listed_by_it():
    """`lrs-follow` asks for what belongs to an object by the owner's name, and finds it by that member."""
    offered = {one.name: one for one in known_resources()}
    for name in OWNER.keys() & offered.keys():
        assert owner_member(name) in offered[name].parameters, name
        assert owner_member(name) in offered[name].members, name


class LateClient(Client):
    """A client for whom something happens between a page of changes and what it asks for next."""

    def __init__(self, url, token, happens):
        super().__init__(url, token)
        self.happens = happens

    def follow(self, *args, **options):
        for page in super().follow(*args, **options):
            self.happens()
            yield page


def test_deal_that_goes_out_of_sight_again_while_its_tasks_are_asked_for_is_not_there(server, tmp_path):
    colleague = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    deal = DealFactory(is_confidential=True)
    TaskFactory(deal=deal)
    settle()
    mirror = Mirror(tmp_path / "mirror.sqlite3", server=server, resources=["deals", "tasks"])
    hide = Deal.objects.filter(pk=deal.pk)
    client = LateClient(server, token_of(colleague), lambda: hide.update(is_confidential=True))
    list(Follower(client, mirror).run(once=True))

    hide.update(is_confidential=False)
    settle()
    list(Follower(client, mirror).run(once=True))
    settle()
    list(Follower(client, mirror).run(once=True))

    assert [list(mirror.objects(name)) for name in ("deals", "tasks")] == [[], []]
    client.close()
    mirror.close()
