"""A copy of the data in SQLite, which moves from one state to the next in one transaction with its cursor.

Whoever reads the file sees a whole state at any time, whenever the follower is killed.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lrs_client.answers import Object
from lrs_client.belonging import OWNER, belongings, owner_member
from lrs_client.errors import LrsError

_OWN_COLUMNS = ("id", "version", "data")
_LOADED = "lrs_loaded_"
_BUSY_SECONDS = 60
_ANOTHER = "Another follower writes to this file."


class MirrorError(LrsError):
    """The file cannot be followed into: it is of another server or program, or another follower writes to it."""


class Mirror:
    """A SQLite file with a table for each resource: id, version, data (the object as JSON) and a column per member.

    Amounts have two more columns, `…_amount` and `…_currency`. The columns are computed from `data`. `cursor` is where
    to follow from, None before the first load is through.
    """

    def __init__(self, path: Path, *, server: str, resources: Sequence[str]) -> None:
        self.resources = resources
        self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
        self._columns: dict[str, set[str]] = {}
        # The place that the load has by what this follower read and did.
        self._place: str | None = None
        try:
            self._prepare(server)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def cursor(self) -> str | None:
        """Where to follow from."""
        return self._value("cursor")

    @property
    def is_loading(self) -> bool:
        """Whether a load has been begun and is not through."""
        return self._value("loading") is not None

    def begin_load(self) -> None:
        """Load everything anew, beside what is there, which stays until the load is through."""
        with self._transaction():
            for name in self.resources:
                self._db.execute(f"DELETE FROM {_loaded(name)}")  # noqa: S608  # quoted
            self._set_loading(cursor=None, resource=self.resources[0], next_page=None)

    def load_position(self) -> tuple[str | None, str, str | None]:
        """Return where the load is: where to follow from afterwards, the resource, and the cursor of its next page.

        Raise MirrorError when there is none, because another follower ended it.
        """
        self._place = self._value("loading")
        if self._place is None:
            raise MirrorError(_ANOTHER)
        loading = json.loads(self._place)
        return loading["cursor"], loading["resource"], loading["next"]

    def load(self, objects: Sequence[Object], *, cursor: str | None, resource: str, next_page: str | None) -> None:
        """Keep a page of a load, and where it goes on; after the last page of the last resource the load is through.

        Raise MirrorError when another follower brought it on, or ended it.
        """
        with self._transaction():
            if self._place is None or self._value("loading") != self._place:
                raise MirrorError(_ANOTHER)
            self._put(_loaded(resource), resource, objects)
            if next_page is None:
                place = self.resources.index(resource) + 1
                if place == len(self.resources):
                    self._end_load(cursor)
                    return
                resource = self.resources[place]
            self._set_loading(cursor=cursor, resource=resource, next_page=next_page)

    @contextmanager
    def step(self, after: str, to: str) -> Iterator[None]:
        """Move from one cursor to another, together with what is put and removed inside.

        Raise MirrorError when another follower moved it.
        """
        with self._transaction():
            yield
            moved = self._db.execute("UPDATE lrs_follow SET value = ? WHERE name = 'cursor' AND value = ?", (to, after))
            if moved.rowcount != 1:
                raise MirrorError(_ANOTHER)

    def put(self, resource: str, objects: Sequence[Object]) -> None:
        """Keep objects as they are now; inside a step."""
        self._put(_table(resource), resource, objects)
        self._touch(resource)

    def remove(self, resource: str, id: str) -> None:
        """Remove an object and what belongs to it; inside a step."""
        for name in belongings(resource, self.resources):
            member = _extract(owner_member(name))
            ids = self._db.execute(f"SELECT id FROM {_table(name)} WHERE {member} = ?", (id,)).fetchall()  # noqa: S608  # quoted
            for (belonging,) in ids:
                self.remove(name, belonging)
        self._db.execute(f"DELETE FROM {_table(resource)} WHERE id = ?", (id,))  # noqa: S608  # quoted
        self._touch(resource)

    def objects(self, resource: str) -> Iterator[Object]:
        """Yield the objects of a resource in the order of their ids."""
        for (text,) in self._db.execute(f"SELECT data FROM {_table(resource)} ORDER BY length(id), id"):  # noqa: S608  # quoted
            yield json.loads(text)

    def rows(self, resource: str) -> tuple[list[str], Iterator[Sequence[Any]]]:
        """Return the names of a resource's columns but `data`, and its rows in the order of their ids."""
        names = [name for name in self._columns_of(resource) if name != "data"]
        columns = ", ".join(map(_quoted, names))
        return names, self._db.execute(f"SELECT {columns} FROM {_table(resource)} ORDER BY length(id), id")  # noqa: S608  # quoted

    def write_as(self, kind: str) -> None:
        """Note as what kind of files the resources are written; what was written as another kind counts as changed."""
        with self._transaction():
            if self._value("files") != kind:
                self._set("files", kind)
                for name in self._loaded_before():
                    self._touch(name)

    def touched(self) -> list[str]:
        """Return the resources that changed since they were last `settled`."""
        return [name for (name,) in self._db.execute("SELECT resource FROM lrs_touched ORDER BY resource")]

    def settle(self, resource: str) -> None:
        """Note that what changed of a resource has been dealt with."""
        self._db.execute("DELETE FROM lrs_touched WHERE resource = ?", (resource,))

    def _prepare(self, server: str) -> None:
        tables = self._tables()
        if tables and "lrs_follow" not in tables:
            # Its tables may have the names of ours, which are emptied.
            raise MirrorError("This is the database of another program.")
        self._db.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            self._db.execute("CREATE TABLE IF NOT EXISTS lrs_follow (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            self._db.execute("CREATE TABLE IF NOT EXISTS lrs_touched (resource TEXT PRIMARY KEY)")
            if self._kept("server", server) != server:
                raise MirrorError(f"This is a copy of {self._kept('server', server)}.")
            for name in self.resources:
                self._create_table(name)
        if self._wanted() != list(self.resources):
            # What is new has to be loaded, and then followed together with the rest.
            self.begin_load()

    def _wanted(self) -> list[str]:
        """Return the resources that are loaded, or were."""
        found: list[str] = json.loads(self._value("loading") or "{}").get("resources")
        return found or self._loaded_before()

    def _loaded_before(self) -> list[str]:
        found: list[str] = json.loads(self._value("resources") or "[]")
        return found

    def _held(self) -> set[str]:
        """Return the resources that have tables, also those of a load that was never through."""
        found = [name.removeprefix(_LOADED) for name in self._tables() if name.startswith(_LOADED)]
        return {name.replace("_", "-") for name in found}

    def _tables(self) -> set[str]:
        return {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def _set_loading(self, *, cursor: str | None, resource: str, next_page: str | None) -> None:
        place = {"resources": list(self.resources), "cursor": cursor, "resource": resource, "next": next_page}
        self._place = json.dumps(place)
        self._set("loading", self._place)

    def _end_load(self, cursor: str | None) -> None:
        for name in self._held() - set(self.resources):
            self._db.execute(f"DROP TABLE {_table(name)}")
            self._db.execute(f"DROP TABLE {_loaded(name)}")
            self._touch(name)
        for name in self.resources:
            self._db.execute(f"DELETE FROM {_table(name)}")  # noqa: S608  # quoted
            self._db.execute(
                f"INSERT INTO {_table(name)} (id, version, data) SELECT id, version, data FROM {_loaded(name)}"  # noqa: S608  # quoted
            )
            self._db.execute(f"DELETE FROM {_loaded(name)}")  # noqa: S608  # quoted
            self._touch(name)
        self._db.execute("DELETE FROM lrs_follow WHERE name = 'loading'")
        self._set("cursor", str(cursor))
        self._set("resources", json.dumps(list(self.resources)))

    def _put(self, table: str, resource: str, objects: Sequence[Object]) -> None:
        self._add_columns(resource, objects)
        rows = [(one["id"], one.get("version"), json.dumps(one, ensure_ascii=False)) for one in objects]
        self._db.executemany(
            f"INSERT INTO {table} (id, version, data) VALUES (?, ?, ?) "  # noqa: S608  # quoted
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, data = excluded.data",
            rows,
        )

    def _create_table(self, resource: str) -> None:
        for table in (_table(resource), _loaded(resource)):
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, version INTEGER, data TEXT NOT NULL)"
            )
        if resource in OWNER:
            index = _quoted(f"{resource} by owner")
            expression = _extract(owner_member(resource))
            self._db.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {_table(resource)} ({expression})")

    def _add_columns(self, resource: str, objects: Sequence[Object]) -> None:
        known = self._columns.setdefault(resource, {name.lower() for name in self._columns_of(resource)})
        for name, path in _paths(objects):
            if name.lower() not in known:
                known.add(name.lower())
                self._db.execute(
                    f"ALTER TABLE {_table(resource)} ADD COLUMN {_quoted(name)} AS ({_extract(*path)}) VIRTUAL"
                )

    def _columns_of(self, resource: str) -> list[str]:
        return [row[1] for row in self._db.execute(f"PRAGMA table_xinfo({_table(resource)})")]

    def _touch(self, resource: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO lrs_touched VALUES (?)", (resource,))

    def _value(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM lrs_follow WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _kept(self, name: str, first: str) -> str:
        self._db.execute("INSERT OR IGNORE INTO lrs_follow VALUES (?, ?)", (name, first))
        return str(self._value(name))

    def _set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO lrs_follow VALUES (?, ?)", (name, value))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk, say, has undone it already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._columns.clear()
            raise
        self._db.execute("COMMIT")


def _paths(objects: Sequence[Object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns of objects: each member's name and path, and both parts of amounts."""
    seen = set()
    for one in objects:
        for name, value in one.items():
            is_amount = isinstance(value, Mapping) and set(value) == {"amount", "currency"}
            if name not in _OWN_COLUMNS and (name, is_amount) not in seen:
                seen.add((name, is_amount))
                yield name, (name,)
                if is_amount:
                    yield f"{name}_amount", (name, "amount")
                    yield f"{name}_currency", (name, "currency")


def _table(resource: str) -> str:
    return _quoted(resource.replace("-", "_"))


def _loaded(resource: str) -> str:
    return _quoted(f"{_LOADED}{resource.replace('-', '_')}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _extract(*path: str) -> str:
    """Return the expression of a value in `data`; names come from the server, and are quoted twice."""
    steps = "".join(f".{json.dumps(step)}" for step in path)
    return "json_extract(data, '$" + steps.replace("'", "''") + "')"
