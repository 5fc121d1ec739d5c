"""Eight who write at random, each in another way; each ends when `until` comes."""

import contextlib
import random
import threading
import time
from collections.abc import Callable

import httpx
import psycopg
from django.db import connection

from lrs_client import Client, LrsError
from tests.clients.serving import database_url
from tests.deals.imports.builders import csv_file, import_file

FACT = {"metric": "Capacity", "source": "A paper", "as_of": "2026-11-01"}
_STATEMENTS = {
    "new company": "INSERT INTO companies_company (name, kind, country, website, about, is_fictional, is_placeholder, "
    "version) VALUES (%(text)s, 'oem', '', '', '', false, false, 1)",
    "other company": "UPDATE companies_company SET about = %(text)s WHERE id = %(company)s",
    "other companies": "UPDATE companies_company SET website = 'https://' || %(number)s || '.example' "
    "WHERE id %% 7 = %(number)s %% 7",
    "company gone": "DELETE FROM companies_company WHERE id = (SELECT max(id) FROM companies_company c "
    "WHERE NOT EXISTS (SELECT FROM deals_deal WHERE company_id = c.id))",
    "new fact": "INSERT INTO companies_sourcedfact (company_id, topic, metric, value, unit, period, as_of, source, "
    "source_url, note, version) VALUES (%(company)s, '', 'Capacity', %(text)s, '', '', now(), 'SQL', '', '', 1)",
    "facts gone": "DELETE FROM companies_sourcedfact WHERE id %% 5 = %(number)s %% 5 AND source = 'SQL'",
    "other deal": "UPDATE deals_deal SET title = %(text)s WHERE id = %(deal)s",
    "secrecy": "UPDATE deals_deal SET is_confidential = NOT is_confidential WHERE id = %(deal)s",
    "colleague": "INSERT INTO deals_dealteammember (deal_id, user_id) VALUES (%(deal)s, %(user)s) "
    "ON CONFLICT DO NOTHING",
    "no colleague": "DELETE FROM deals_dealteammember WHERE deal_id = %(deal)s",
    "ref": "INSERT INTO sync_externalref (resource, object_id, system, external_id) "
    "VALUES ('company', %(company)s, 'sql', %(text)s)",
    "no refs": "DELETE FROM sync_externalref WHERE object_id = %(company)s AND system = 'sql'",
}


class Writers:
    """What they write to, and when they stop. `counts` says how often each did what it meant to."""

    def __init__(
        self, *, url: str, token: str, cookie: tuple[str, str], user, colleague, companies, deals, stages, until
    ):
        self.url, self.token, self.cookie, self.user, self.colleague = url, token, cookie, user, colleague
        self.companies, self.deals, self.stages, self.until = companies, deals, stages, until
        self.counts: dict[str, int] = {}

    def start(self) -> list[threading.Thread]:
        """Start all eight."""
        ways: list[Callable[[random.Random, str], None]] = [
            *[self.write_by_api] * 2,
            *[self.write_by_pages] * 2,
            self.write_by_import,
            *[self.write_by_sql] * 3,
        ]
        threads = [
            threading.Thread(target=self._write, args=(way, f"{way.__name__} {number}"), daemon=True)
            for number, way in enumerate(ways)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _write(self, way: Callable[[random.Random, str], None], name: str) -> None:
        rng = random.Random(name)  # noqa: S311  # no secret
        self.counts[name] = 0
        way(rng, name)

    def is_over(self) -> bool:
        """Whether to stop."""
        return time.monotonic() > self.until

    def write_by_api(self, rng: random.Random, name: str) -> None:
        """Create, change, move and delete with the client."""
        with Client(self.url, self.token) as client:
            while not self.is_over():
                text = f"{name} {self.counts[name]}"
                company, deal = str(rng.choice(self.companies)), str(rng.choice(self.deals))
                acts: list[Callable[[], object]] = [
                    lambda text=text: client.upsert("companies", "api", text[-1], {"name": text}),
                    lambda company=company, text=text: client.change("companies", company, {"about": text}),
                    lambda company=company, text=text: client.create(
                        "facts", {**FACT, "company": company, "value": text}
                    ),
                    lambda deal=deal: client.move(deal, str(rng.choice(self.stages))),
                    lambda deal=deal: client.change("deals", deal, {"is_confidential": rng.random() < 0.5}),
                    lambda text=text: client.bulk(
                        "facts", [{"op": "create", "data": {**FACT, "value": f"{text} {n}"}} for n in range(20)]
                    ),
                    lambda: client.bulk(
                        "facts", [{"op": "delete", "id": one["id"]} for one in list(client.iterate("facts"))[::9]]
                    ),
                ]
                with contextlib.suppress(LrsError):
                    rng.choice(acts)()
                    self.counts[name] += 1

    def write_by_pages(self, rng: random.Random, name: str) -> None:
        """Fill in forms as a browser does."""
        cookies = dict([self.cookie])
        with httpx.Client(base_url=self.url, cookies=cookies, timeout=30) as browser:
            browser.get("/companies/new/")
            token = {"X-CSRFToken": browser.cookies["csrftoken"]}
            while not self.is_over():
                text, company = f"{name} {self.counts[name]}", rng.choice(self.companies)
                address, form = rng.choice(
                    [
                        ("/companies/new/", {"name": text, "kind": "oem", "is_distinct": "on"}),
                        (f"/companies/{company}/archive/", {}),
                        (f"/companies/{company}/restore/", {}),
                        (f"/companies/{company}/facts/new/", {**FACT, "value": text}),
                        (f"/companies/{company}/contacts/new/", {"name": text}),
                    ]
                )
                if browser.post(address, data=form, headers=token).status_code == 302:
                    self.counts[name] += 1

    def write_by_import(self, rng: random.Random, name: str) -> None:
        """Import files of deals, new ones and known ones."""
        while not self.is_over():
            rows = [f"A{number},Importer {number % 3},Title {rng.random()},Open" for number in rng.sample(range(30), 8)]
            with contextlib.suppress(Exception):  # what another writer holds
                import_file(csv_file(*rows), by=self.user)
                self.counts[name] += 1
            time.sleep(rng.random())
        connection.close()

    def write_by_sql(self, rng: random.Random, name: str) -> None:
        """Commit and roll back transactions of a few statements; some are held open for seconds."""
        with psycopg.connect(database_url()) as database:
            database.execute("SET lock_timeout = '3s'")
            database.commit()
            while not self.is_over():
                try:
                    for _number in range(rng.randint(1, 4)):
                        values = {
                            "text": f"{name} {rng.random()}",
                            "number": rng.randrange(1000),
                            "company": rng.choice(self.companies),
                            "deal": rng.choice(self.deals),
                            "user": self.colleague.pk,
                        }
                        database.execute(_STATEMENTS[rng.choice(sorted(_STATEMENTS))], values)
                        time.sleep(rng.uniform(0.5, 2) if rng.random() < 0.1 else rng.uniform(0, 0.05))
                    if rng.random() < 0.2:
                        database.rollback()
                    else:
                        database.commit()
                        self.counts[name] += 1
                except (psycopg.errors.IntegrityError, psycopg.errors.OperationalError):
                    # Locks of others, and rows that others hold on to.
                    database.rollback()
