"""`lrs-follow` as a process: alone on its target, going on when it was killed, saying what keeps it from working."""

import contextlib
import csv
import json
import signal
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.enums import Role
from companies.models import Company
from lrs_client.command import main
from lrs_client.follower import Follower
from lrs_client.holding import InUse, holding
from lrs_client.mirror import Mirror, MirrorError
from tests.accounts.factories import UserFactory
from tests.clients.conftest import prune_feed, settle, token_of
from tests.clients.serving import free_port, wait_until
from tests.companies.factories import CompanyFactory, ContactFactory

pytestmark = pytest.mark.django_db(transaction=True)

FORMATS = ["sqlite", "jsonl", "csv"]
# So many that a load of them takes several pages.
COMPANIES = 2600


@pytest.fixture
def user():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def make_companies():
    def make(count=COMPANIES):
        Company.objects.bulk_create(Company(name=f"Company {number:04}", country="DE") for number in range(count))
        settle()

    return make


class Target:
    """What is followed into, in one of the formats."""

    def __init__(self, folder, kind):
        self.kind = kind
        self.path = folder / "mirror.sqlite3" if kind == "sqlite" else folder / "files"
        self.mirror = self.path if kind == "sqlite" else self.path / ".mirror.sqlite3"

    def is_loading(self):
        if not self.mirror.exists():
            return False
        with contextlib.closing(sqlite3.connect(self.mirror)) as mirror:
            try:
                found = mirror.execute("SELECT value FROM lrs_follow WHERE name = 'loading'").fetchone()
            except sqlite3.OperationalError:
                return False
        return found is not None and json.loads(found[0])["next"] is not None

    def cursor(self):
        with contextlib.closing(sqlite3.connect(self.mirror)) as mirror:
            return mirror.execute("SELECT value FROM lrs_follow WHERE name = 'cursor'").fetchone()

    def names(self, resource="companies"):
        """Return the names of what was mirrored."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.path)) as mirror:
                return sorted(name for (name,) in mirror.execute(f"SELECT name FROM {resource}"))  # noqa: S608
        with (self.path / f"{resource}.{self.kind}").open(newline="") as file:
            rows = csv.DictReader(file) if self.kind == "csv" else map(json.loads, file)
            return sorted(row["name"] for row in rows)


@pytest.fixture(params=FORMATS)
def target(tmp_path, request):
    return Target(tmp_path, request.param)


def company_names():
    return sorted(Company.objects.values_list("name", flat=True))


def start_load(command, target):
    """Start, and stop it in the midst of its first load."""
    command.start()
    wait_until(target.is_loading, pause=0.005)
    command.send(signal.SIGSTOP)
    assert target.is_loading()


def test_run_beside_another_one_is_refused_and_the_load_of_the_first_is_whole(
    user, make_companies, follow_command, target
):
    make_companies()
    options = (f"--format={target.kind}", "--resource=companies")
    first = follow_command(user, target.path, "--once", *options)
    start_load(first, target)

    second = follow_command(user, target.path, *options).run()
    first.send(signal.SIGCONT)

    assert (second.returncode, second.stderr) == (
        1,
        f"lrs-follow: Another lrs-follow is at work on {target.mirror}; this one has changed nothing.\n",
    )
    assert first.end() == (0, "")
    assert target.names() == company_names()
    assert [one.name for one in target.mirror.parent.iterdir() if one.name.endswith(".lock")] == []


def test_run_that_was_killed_in_its_load_holds_nothing_and_the_next_goes_on(
    user, make_companies, follow_command, target
):
    make_companies()
    options = (f"--format={target.kind}", "--resource=companies")
    first = follow_command(user, target.path, *options)
    start_load(first, target)
    first.kill()
    Company.objects.filter(name__endswith="7").delete()
    CompanyFactory(name="Later")
    settle()
    with contextlib.closing(sqlite3.connect(target.mirror)) as mirror:
        (kept,) = mirror.execute("SELECT count(*) FROM lrs_loaded_companies").fetchone()

    run = follow_command(user, target.path, *options).run("--verbose")

    assert (run.returncode, kept > 0) == (0, True)
    assert "anew" not in run.stderr
    assert target.names() == company_names()


def test_run_that_keeps_on_is_not_joined_by_another_through_a_link(user, follow_command, tmp_path):
    CompanyFactory()
    settle()
    path, link = tmp_path / "mirror.sqlite3", tmp_path / "link.sqlite3"
    link.symlink_to(path)
    first = follow_command(user, path, "--resource=companies")
    first.start()
    wait_until(path.exists)

    second = follow_command(user, link, "--resource=companies").run()

    assert (second.returncode, "at work on" in second.stderr) == (1, True)


def test_file_is_held_by_one_until_it_lets_go(tmp_path):
    path = tmp_path / "mirror.sqlite3"
    with holding(path), pytest.raises(InUse), holding(path):
        pass
    with holding(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_load_is_ended_by_none_but_the_one_that_brought_it_there(tmp_path, request):
    """Also where locks do not reach, as between machines."""
    pages = [[{"id": "1"}], [{"id": "2"}]]
    first, second = (Mirror(tmp_path / "mirror.sqlite3", server="x", resources=["companies"]) for _number in range(2))
    request.addfinalizer(first.close)
    request.addfinalizer(second.close)
    first.load(pages[0], cursor="a", resource="companies", next_page="2")
    with pytest.raises(MirrorError, match="Another follower"):
        second.load(pages[0], cursor="b", resource="companies", next_page="2")
    assert second.load_position() == ("a", "companies", "2")
    second.load(pages[1], cursor="a", resource="companies", next_page=None)
    with pytest.raises(MirrorError, match="Another follower"):
        first.load(pages[1], cursor="a", resource="companies", next_page=None)
    with pytest.raises(MirrorError, match="Another follower"):
        first.load_position()
    assert list(first.objects("companies")) == [{"id": "1"}, {"id": "2"}]


def test_changes_are_taken_only_by_the_one_who_asked_from_there(connect, user, tmp_path, request):
    company = CompanyFactory(name="Before")
    settle()
    client = connect(user)
    first, second = (Mirror(tmp_path / "mirror.sqlite3", server="x", resources=["companies"]) for _number in range(2))
    request.addfinalizer(first.close)
    request.addfinalizer(second.close)
    list(Follower(client, first).run(once=True))
    steps = Follower(client, first).run(once=False, wait=0)
    next(steps)
    Company.objects.filter(pk=company.pk).update(name="After")
    settle()
    list(Follower(client, second).run(once=True))
    Company.objects.filter(pk=company.pk).update(name="Last")
    settle()

    with pytest.raises(MirrorError, match="Another follower"):
        next(steps)
    assert [one["name"] for one in second.objects("companies")] == ["After"]


class PrunedClient:
    """A client under which, after the first page of a load, no cursor is known any more."""

    def __init__(self, client, prune):
        self.client, self.prune = client, prune

    def __getattr__(self, name):
        return getattr(self.client, name)

    def pages(self, *args, **options):
        for page in self.client.pages(*args, **options):
            yield page
            if self.prune is not None:
                self.prune()
                self.prune = None


def test_load_whose_changes_are_pruned_meanwhile_is_done_anew(connect, user, make_companies, tmp_path, request):
    make_companies(700)
    mirror = Mirror(tmp_path / "mirror.sqlite3", server="x", resources=["companies", "contacts"])
    request.addfinalizer(mirror.close)

    def prune():
        Company.objects.filter(name__endswith="7").delete()
        ContactFactory(company=CompanyFactory(name="Later"))
        prune_feed()
        settle()

    list(Follower(PrunedClient(connect(user), prune), mirror).run(once=True))

    assert sorted(one["name"] for one in mirror.objects("companies")) == company_names()
    assert len(list(mirror.objects("contacts"))) == 1


def test_interrupted_run_ends_without_a_word(user, make_companies, follow_command, target):
    make_companies()
    options = (f"--format={target.kind}", "--resource=companies")
    once = follow_command(user, target.path, "--once", *options)
    start_load(once, target)
    once.send(signal.SIGINT)
    once.send(signal.SIGCONT)
    assert once.end() == (-signal.SIGINT, "")

    keeping_on = follow_command(user, target.path, *options)
    keeping_on.start()
    wait_until(lambda: target.cursor() is not None)
    keeping_on.send(signal.SIGINT)
    assert keeping_on.end() == (-signal.SIGINT, "")
    assert follow_command(user, target.path, *options).run().returncode == 0
    assert target.names() == company_names()


def test_other_format_and_other_resources_of_a_folder_are_written(user, follow_command, tmp_path):
    ContactFactory()
    settle()
    both = ("--resource=companies", "--resource=contacts")
    for options in (("--format=jsonl", *both), ("--format=csv", *both)):
        assert follow_command(user, tmp_path / "files", *options).run().stderr == ""
    CompanyFactory(name="Later")
    settle()
    for options in (("--format=csv", *both), ("--format=jsonl", *both)):
        assert follow_command(user, tmp_path / "files", *options).run().stderr == ""
    for kind in ("csv", "jsonl"):
        assert Target(tmp_path, kind).names() == company_names()

    (tmp_path / "files" / "companies.jsonl").unlink()
    assert follow_command(user, tmp_path / "files", "--format=jsonl", "--resource=companies").run().stderr == ""
    assert Target(tmp_path, "jsonl").names() == company_names()
    assert not (tmp_path / "files" / "contacts.jsonl").exists()


@pytest.fixture
def follow_here(server, user, monkeypatch, capsys):
    """Follow once in this process; return the exit code and what was said."""

    def follow(target, *options, url=server, token=None):
        monkeypatch.setenv("LRS_TOKEN", token_of(user) if token is None else token)
        try:
            code = main([url, str(target), "--once", *options])
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().err

    return follow


def test_resource_that_there_is_not_is_said_beside_those_there_are_and_leaves_nothing(follow_here, tmp_path):
    code, said = follow_here(tmp_path / "mirror.sqlite3", "--resource=nope")
    assert code == 2
    assert "there is no “nope”; there are users, companies, contacts," in said
    assert list(tmp_path.iterdir()) == []


def test_resource_that_the_server_lacks_is_said_and_leaves_nothing(follow_here, monkeypatch, tmp_path):
    monkeypatch.setattr("lrs_client.command.RESOURCES", ("companies", "nope"))
    assert follow_here(tmp_path / "mirror.sqlite3", "--resource=companies", "--resource=nope") == (
        1,
        "lrs-follow: The server does not offer this token: nope.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_tables_of_a_load_that_was_never_through_go(connect, user, follow_command, tmp_path):
    mirror = Mirror(tmp_path / "mirror.sqlite3", server="x", resources=["nope", "old-ones"])
    mirror.close()
    mirror = Mirror(tmp_path / "mirror.sqlite3", server="x", resources=["companies"])
    list(Follower(connect(user), mirror).run(once=True))
    mirror.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.sqlite3")) as file:
        tables = file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    assert tables == [("companies",), ("lrs_follow",), ("lrs_loaded_companies",), ("lrs_touched",)]


def test_target_that_cannot_be_written_to_is_said(follow_here, tmp_path):
    (tmp_path / "text").write_text("No database. " * 1000)
    (tmp_path / "folder").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / ".companies.csv.new").mkdir()
    found = [
        follow_here(tmp_path / name, "--resource=companies", *options)
        for name, *options in (
            ("none/mirror.sqlite3",),
            ("folder",),
            ("text",),
            ("text", "--format=jsonl"),
            ("text/files", "--format=csv"),
            ("files", "--format=csv"),
        )
    ]
    assert [(code, said.replace(str(tmp_path), "~")) for code, said in found] == [
        (1, f"lrs-follow: Cannot write to ~/{what}.\n")
        for what in (
            "none/mirror.sqlite3: No such file or directory (~/none/mirror.sqlite3.lock)",
            "folder: unable to open database file",
            "text: file is not a database",
            "text: File exists (~/text)",
            "text/files: Not a directory (~/text/files)",
            "files: Is a directory (~/files/.companies.csv.new)",
        )
    ]


def test_database_of_another_program_is_left_as_it_is(follow_here, tmp_path):
    path = tmp_path / "theirs.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE companies (id TEXT PRIMARY KEY, version INTEGER, data TEXT)")
        theirs.execute("INSERT INTO companies VALUES ('1', 1, 'Ours')")
        theirs.commit()
    before = path.read_bytes()
    assert follow_here(path, "--resource=companies") == (
        1,
        "lrs-follow: This is the database of another program.\n",
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("token", ["", "lrs_…", "lrs_a b", "lrs_a\nb"])
def test_token_that_can_be_none_is_refused_before_it_is_sent(follow_here, tmp_path, token):
    said = "lrs-follow: Set LRS_TOKEN to a token of LRS Tracker (Settings → API tokens).\n"
    assert follow_here(tmp_path / "mirror.sqlite3", token=token) == (2, said)


@pytest.mark.parametrize("url", ["lrs.example.com", "ftp://lrs.example.com", "https://", "http://lrs:port", ""])
def test_address_that_is_none_is_refused(follow_here, tmp_path, url):
    code, said = follow_here(tmp_path / "mirror.sqlite3", url=url)
    assert (code, said.splitlines()[-1]) == (
        2,
        f"lrs-follow: error: argument url: “{url}” is no address such as https://lrs.example.com",
    )


def test_wrong_token_wrong_address_and_a_server_that_is_not_there_are_said(
    follow_here, server, other_server, monkeypatch, tmp_path
):
    monkeypatch.setattr("lrs_client.connection._LONGEST_PAUSE", 0.1)
    path = tmp_path / "mirror.sqlite3"
    wrong_token = follow_here(path, token="forged")
    assert (wrong_token[0], wrong_token[1][:15]) == (1, "lrs-follow: 401")
    nobody = f"http://127.0.0.1:{free_port()}"
    found = [follow_here(path, url=url) for url in (f"{server}/api", nobody, *(f"{other_server}/{n}" for n in ANSWERS))]
    assert found == [
        (1, f"lrs-follow: {what}\n")
        for what in (
            f"Nothing for this token at {server}/api; is this the address of LRS Tracker?",
            "GET users: [Errno 111] Connection refused",
            "The answer is not JSON; is this the address of LRS Tracker?",
            "The answer is not an object; is this the address of LRS Tracker?",
            "users is no list; is this the address of LRS Tracker?",
            "301: What is asked for is at https://lrs.example.com/",
            "418: I'm a Teapot",
            "GET users: Error -3 while decompressing data: incorrect header check",
        )
    ]
    assert list(tmp_path.iterdir()) == []


# What servers that are no LRS Tracker answer: status, headers and body, by path.
ANSWERS = {
    "page": (200, {}, b"<html>"),
    "array": (200, {}, b"[]"),
    "object": (200, {}, b"{}"),
    "moved": (301, {"Location": "https://lrs.example.com/"}, b""),
    "errors": (418, {}, b'{"errors": ["No"], "missing": 1, "type": 7}'),
    "broken": (200, {"Content-Encoding": "gzip"}, b"No gzip"),
}


class OtherHandler(BaseHTTPRequestHandler):
    """Answers with one of `ANSWERS`."""

    def do_GET(self):
        status, headers, body = ANSWERS[self.path.split("/")[1]]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def other_server():
    """A server that is no LRS Tracker."""
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()
