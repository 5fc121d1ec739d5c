"""The examples of docs/api-client.md, run against the running server."""

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from accounts.enums import Role
from lrs_client import Client
from tests.accounts.factories import UserFactory
from tests.clients.conftest import settle, token_of
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "api-client.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^lrs-follow .*", TEXT, re.MULTILINE)


@pytest.fixture
def user(server, monkeypatch):
    user = UserFactory(role=Role.ADMINISTRATOR)
    monkeypatch.setenv("LRS_URL", server)
    monkeypatch.setenv("LRS_TOKEN", token_of(user))
    return user


def test_examples_read_write_and_follow(user, monkeypatch, capsys):
    deal = DealFactory(title="Before")
    settle()
    pages = Client.follow

    def follow_a_little(self, *arguments):
        type(deal).objects.filter(pk=deal.pk).update(title="After")
        settle()
        following = pages(self, *arguments)
        yield next(following)

    monkeypatch.setattr(Client, "follow", follow_a_little)
    names = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/api-client.md", "exec"), names)  # noqa: S102  # our own page
    names["client"].close()

    assert capsys.readouterr().out == f"{names['company']['id']} Nordwind Motors\n[201, 201, 201]\n"
    assert [one["title"] for one in names["deals"].values()] == ["After"]


def test_commands_mirror(user, follow_command, tmp_path):
    DealFactory(title="Cells")
    settle()
    for line in COMMANDS:
        _name, _url, target, *options = shlex.split(line)
        run = follow_command(user, tmp_path / target, *[one for one in options if one != "--once"]).run()
        assert (run.returncode, run.stderr) == (0, ""), line

    with closing(sqlite3.connect(tmp_path / "deals.sqlite3")) as mirror:
        assert mirror.execute("SELECT title FROM deals").fetchall() == [("Cells",)]
    assert (tmp_path / "folder" / "deals.csv").read_text().count("Cells") == 1
    assert len(COMMANDS) == 3
