"""Keeping a mirror in step: a full load, then every change."""

import logging
from collections.abc import Iterable, Iterator

from lrs_client.answers import Change, ChangesPage, Object
from lrs_client.belonging import belongings, owner_member
from lrs_client.client import Client
from lrs_client.errors import Gone, NotFound, Refused, names_any
from lrs_client.mirror import Mirror

_logger = logging.getLogger(__name__)

type Belongings = dict[tuple[str, str], Object]


class Follower:
    """Brings a mirror from its cursor to the present, and keeps it there."""

    def __init__(self, client: Client, mirror: Mirror) -> None:
        self._client = client
        self._mirror = mirror

    def run(self, *, once: bool, wait: int = 25) -> Iterator[bool]:
        """Take step after step; yield after each whether the mirror has all that there is. `once` ends then."""
        while True:
            try:
                if self._mirror.is_loading or self._mirror.cursor is None:
                    self._load()
                after = str(self._mirror.cursor)
                for page in self._client.follow(after, self._mirror.resources, wait=0 if once else wait):
                    self._take(page, after)
                    after = page.next
                    yield not page.more
                    if once and not page.more:
                        return
            except Refused as error:
                if not (isinstance(error, Gone) or names_any(error, ("after", "cursor"))):
                    raise
                _logger.warning(
                    "The changes since the last visit do not lead here; loading everything anew. %s", error.detail
                )
                self._mirror.begin_load()

    def _load(self) -> None:
        """Load everything, from where a load that was broken off had come to."""
        mirror = self._mirror
        if not mirror.is_loading:
            mirror.begin_load()
        while mirror.is_loading:
            cursor, resource, next_page = mirror.load_position()
            for page in self._client.pages(resource, snapshot=cursor is None, cursor=next_page):
                cursor = cursor or page.changes_cursor
                mirror.load(page.results, cursor=cursor, resource=resource, next_page=page.next)
            _logger.info("Loaded %s.", resource)

    def _take(self, page: ChangesPage, after: str) -> None:
        """Bring the page of changes after a cursor into the mirror, in one transaction with its own cursor."""
        mirror = self._mirror
        # What came into sight is asked for before the file is locked, and is newer than the page.
        gained = self._gained(page.changes)
        if page.next == after:
            return
        with mirror.step(after, page.next):
            for change in page.changes:
                if change.object is None:
                    mirror.remove(change.resource, change.id)
                else:
                    mirror.put(change.resource, [change.object])
            for (resource, _id), one in gained.items():
                mirror.put(resource, [one])

    def _gained(self, changes: Iterable[Change]) -> Belongings:
        found: Belongings = {}
        owners = {(change.resource, change.id): None for change in changes if change.gained}
        for resource, id in owners:
            self._load_belongings(resource, id, found)
        return found

    def _load_belongings(self, owner: str, id: str, found: Belongings) -> None:
        for resource in belongings(owner, self._mirror.resources):
            member = owner_member(resource)
            try:
                for one in self._client.iterate(resource, **{member: id}):
                    found[resource, one["id"]] = one
                    self._load_belongings(resource, one["id"], found)
            except Refused as error:
                if not names_any(error, (member,)):
                    raise
                # It has gone out of sight again: the next changes say so.


def offered(client: Client, resources: Iterable[str]) -> list[str]:
    """Return those of some resources that the server has and the token may list."""
    found = []
    for name in resources:
        try:
            next(client.pages(name, limit=1))
        except Refused as error:
            if not (isinstance(error, NotFound) or error.status == 403):
                raise
            _logger.info("Left out, not offered to this token: %s.", name)
        else:
            found.append(name)
    return found
