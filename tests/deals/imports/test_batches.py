import datetime as dt
import threading

import pytest
from django.core.cache import cache
from django.db import connection

from deals.domain.imports import batches
from deals.enums import ImportStatus
from deals.models import Deal, ImportBatch
from lrs_tracker.problems import DomainError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY
from tests.deals.imports.builders import a_map, csv_file

ROWS = csv_file("A1,Acme,One,Won", "A2,Bolt,Two,Lost")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    return tmp_path


def checked_batch(**changes) -> ImportBatch:
    batch = batches.upload_file(content=ROWS, name="../../etc/deals.csv", by=UserFactory())
    batches.change_map(batch=batch, raw_map=a_map(**changes))
    batches.check_batch(batch_id=batch.pk, at=NOW, today=TODAY)
    batch.refresh_from_db()
    return batch


@pytest.mark.django_db
def test_upload_keeps_the_file_apart_and_suggests_a_map(media):
    batch = batches.upload_file(content=ROWS, name="../../etc/my_deals.csv", by=UserFactory())
    assert (batch.row_count, batch.mapping["columns"]) == (
        2,
        {"id": "external_id", "company": "company", "title": "title", "stage": "stage"},
    )
    stored = list(media.rglob("*.bin"))
    assert [path.parent for path in stored] == [media / "imports"]
    assert stored[0].read_bytes() == ROWS


@pytest.mark.django_db
def test_check_counts_and_writes_no_deal():
    batch = checked_batch()
    assert (batch.status, batch.result["report"]["created"], Deal.objects.count()) == (ImportStatus.CHECKED, 2, 0)


@pytest.mark.django_db
def test_check_that_cannot_be_done_says_why():
    batch = checked_batch(create=[])
    assert (batch.status, "no pipeline" in batch.result["error"]) == (ImportStatus.FAILED, True)


@pytest.mark.django_db
def test_new_map_makes_the_check_void():
    batch = batches.change_map(batch=checked_batch(), raw_map=a_map(pipeline="Other"))
    assert (batch.status, "report" in batch.result) == (ImportStatus.UPLOADED, False)
    with pytest.raises(DomainError, match="Check the file first"):
        batches.start_batch(batch=batch)


@pytest.mark.django_db
def test_apply_runs_once():
    batch = batches.start_batch(batch=checked_batch())
    assert batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY) is not None
    assert batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY) is None
    batch.refresh_from_db()
    assert (batch.status, batch.done_count, Deal.objects.count()) == (ImportStatus.APPLIED, 2, 2)
    with pytest.raises(DomainError):
        batches.start_batch(batch=batch)


@pytest.mark.django_db
def test_second_start_is_refused_while_the_first_lives():
    batch = batches.start_batch(batch=checked_batch())
    with pytest.raises(DomainError):
        batches.start_batch(batch=batch)
    cache.clear()
    assert batches.start_batch(batch=batch).status == ImportStatus.RUNNING


@pytest.mark.django_db
def test_apply_that_is_refused_writes_nothing_and_says_why():
    batch = batches.start_batch(batch=checked_batch())
    batch.created_by.groups.clear()
    assert batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY) is None
    batch.refresh_from_db()
    assert (batch.status, batch.result["error"]) == (ImportStatus.FAILED, "Your role cannot import deals.")
    assert Deal.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_apply_a_batch_once():
    batch = batches.start_batch(batch=checked_batch())
    done = []
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        done.append(batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(each is None for each in done) == [False, True]
    assert Deal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_before_the_transaction_ends():
    batch = batches.start_batch(batch=checked_batch())
    assert batches.is_busy(batch)
    batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY)
    batch.refresh_from_db()
    assert (batches.progress_of(batch), batches.is_busy(batch)) == (2, False)


@pytest.mark.django_db
def test_refused_undo_is_kept_with_its_reason():
    batch = batches.start_batch(batch=checked_batch())
    batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY)
    assert batches.start_undo(batch=batch)
    batches.undo_batch(batch_id=batch.pk, by=UserFactory(), at=NOW, leave_changed=False)
    batch.refresh_from_db()
    assert (batch.status, "manager" in batch.result["error"]) == (ImportStatus.APPLIED, True)


@pytest.mark.django_db
def test_old_files_are_purged_and_the_imports_stay(media):
    batch = checked_batch()
    assert batches.purge_files(at=NOW - dt.timedelta(days=1)) == 0
    assert batches.purge_files(at=batch.created_at + dt.timedelta(days=31)) == 1
    assert list(media.rglob("*.bin")) == []
    batches.check_batch(batch_id=batch.pk, at=NOW, today=TODAY)
    batch.refresh_from_db()
    assert "not kept" in batch.result["error"]
