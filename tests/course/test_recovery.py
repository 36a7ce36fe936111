"""A damaged progress file is kept aside; its backup and what can be read of it go on, and the person is told."""

import os
import random
import shutil
from datetime import UTC, datetime

import pytest

from groundup.course.progress.store import Store
from groundup.course.progress.store_file import BACKUP_INTERVAL_S, backup_of
from groundup.course.progress.store_file import PAGE_BYTES as PAGE

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def full(file, count=400):
    """A store of many pages: with a journal page that needs several of them."""
    with Store(file, now=lambda: NOON) as store:
        for number in range(count):
            store.add("attempt", "0.1/double", passed=number % 3 == 0, says="zwölf " * 20, number=number)
        store.add("journal", "2026-03-01", text="a long page. " * 2000)
    return reopened(file)[0]  # which makes a backup


def reopened(file):
    with Store(file, now=lambda: NOON) as store:
        return store.rows(), store.notice


@pytest.fixture
def file(tmp_path):
    return tmp_path / "progress.db"


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "progress-damaged-2026-03-01.db"


def test_a_backup_is_made_on_opening_at_most_once_an_hour(file):
    rows = full(file)
    assert reopened(backup_of(file)) == (rows, "")
    made = backup_of(file).stat()
    with Store(file) as store:
        store.add("done", "0.1")
    reopened(file)
    assert backup_of(file).stat().st_mtime_ns == made.st_mtime_ns
    os.utime(backup_of(file), (made.st_mtime - BACKUP_INTERVAL_S - 1,) * 2)
    rows, _ = reopened(file)
    assert reopened(backup_of(file))[0] == rows
    assert not list(file.parent.glob(".backup-*"))


def test_what_came_after_the_backup_is_read_from_the_damaged_file(file, kept):
    full(file)
    with Store(file, now=lambda: NOON) as store:
        for number in range(50):
            store.add("opened", "0.1", block=number)
        rows = store.rows()
    raw = bytearray(file.read_bytes())
    middle = len(raw) // PAGE // 2 * PAGE
    raw[middle : middle + 2 * PAGE] = random.Random(1).randbytes(2 * PAGE)
    file.write_bytes(raw)
    saved, notice = reopened(file)
    assert saved == rows
    assert f"{len(saved)} events could be read" in notice
    assert kept.read_bytes() == raw


def test_garbage_in_the_middle_costs_nothing_that_the_backup_has(file, kept):
    rows = full(file)
    raw = bytearray(file.read_bytes())
    middle = len(raw) // PAGE // 2 * PAGE
    raw[middle : middle + 2 * PAGE] = random.Random(1).randbytes(2 * PAGE)
    file.write_bytes(raw)
    saved, notice = reopened(file)
    assert saved == rows  # the backup has what the garbage hit
    assert f"{len(saved)} events could be read" in notice
    assert str(kept) in notice
    assert kept.read_bytes() == raw
    assert reopened(file) == (saved, "")  # mended: said once


def test_without_a_backup_garbage_in_the_middle_costs_only_the_pages_it_hit(file):
    rows = full(file)
    backup_of(file).unlink()
    raw = bytearray(file.read_bytes())
    middle = len(raw) // PAGE // 2 * PAGE
    raw[middle : middle + 2 * PAGE] = random.Random(1).randbytes(2 * PAGE)
    file.write_bytes(raw)
    saved, _ = reopened(file)
    assert set(saved) < set(rows)
    assert len(saved) > 0.85 * len(rows)
    assert saved == [row for row in rows if row in set(saved)]  # in their order


def test_a_file_cut_short_is_whole_again(file, kept):
    rows = full(file)
    raw = file.read_bytes()
    file.write_bytes(raw[: len(raw) // 2 + 100])
    saved, notice = reopened(file)
    assert saved == rows
    assert f"{len(saved)} events" in notice


def test_a_file_whose_head_is_gone_gives_all_the_rest(file):
    rows = full(file)
    raw = file.read_bytes()
    file.write_bytes(b"\0" * PAGE + raw[PAGE:])
    assert reopened(file)[0] == rows


@pytest.mark.parametrize("head_only", [True, False])
def test_the_log_of_a_damaged_file_is_read_and_never_played_into_the_new_one(file, tmp_path, head_only):
    full(file)
    crashed = tmp_path / "crashed.db"
    with Store(file, now=lambda: NOON) as store:
        for number in range(5):
            store.add("opened", "0.1", block=number)
        crashed.write_bytes(b"\0" * PAGE + file.read_bytes()[PAGE:] if head_only else b"")
        shutil.copyfile(tmp_path / "progress.db-wal", tmp_path / "crashed.db-wal")
        rows = store.rows()
    shutil.copyfile(backup_of(file), backup_of(crashed))
    saved, notice = reopened(crashed)
    assert set(rows[-5:]) <= set(saved) <= set(rows)
    if head_only:  # the log has the first page too: SQLite mends it by itself
        assert (saved, notice) == (rows, "")
    else:
        assert f"{len(saved)} events" in notice
    assert reopened(crashed) == (saved, "")


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"Dear diary, this is no database.\n" * 500])
def test_a_file_that_is_no_database_is_kept_and_a_new_one_begun(file, kept, raw):
    file.write_bytes(raw)
    saved, notice = reopened(file)
    assert saved == []
    assert "0 events could be read" in notice
    assert kept.read_bytes() == raw
    with Store(file) as store:
        store.add("done", "0.1")
    assert len(reopened(file)[0]) == 1


def test_what_is_only_in_the_log_is_saved_when_the_power_took_the_file(file, tmp_path):
    crashed = tmp_path / "crashed" / "progress.db"
    crashed.parent.mkdir()
    with Store(file) as store:
        for number in range(50):
            store.add("opened", "0.1", block=number)
        shutil.copyfile(tmp_path / "progress.db-wal", tmp_path / "crashed" / "progress.db-wal")
        rows = store.rows()
    for left in (b"", None):
        if left is not None:
            crashed.write_bytes(left)
        saved, notice = reopened(crashed)
        assert saved == rows
        assert "50 events" in notice
        assert (crashed.parent / "progress-damaged-2026-03-01.db-wal").exists()
        shutil.copyfile(
            crashed.parent / "progress-damaged-2026-03-01.db-wal", crashed.parent / "progress.db-wal"
        )
        crashed.unlink()


def test_a_log_that_is_lost_loses_only_what_was_in_it(file, tmp_path):
    with Store(file) as store:
        store.add("done", "0.1")
    with Store(file) as store:
        store.add("done", "0.2")
        shutil.copyfile(file, tmp_path / "copy.db")  # as a backup does that does not know of the log
    with Store(tmp_path / "copy.db") as store:
        assert [event.about for event in store.events()] == ["0.1"]
        assert store.notice == ""


def test_a_row_whose_text_became_garbage_does_not_stop_the_others(file):
    rows = full(file, 30)
    raw = file.read_bytes()
    at = raw.index(b'{"passed"')
    file.write_bytes(raw[:at] + b"\xff\xfe{{{{{" + raw[at + 7 :])
    saved, notice = reopened(file)
    assert saved == rows
    assert "31 events" in notice
    at = raw.index(b"zw\\u00f6lf")
    file.write_bytes(raw[:at] + b"\xff\xfe" + raw[at + 2 :])  # still JSON, and no more UTF-8
    with Store(file) as store:
        assert store.notice == ""
        assert sum("\ufffd" in event.data["says"] for event in store.events("attempt")) == 1


def test_damage_that_comes_while_it_is_open_says_to_do_it_again(file):
    full(file)
    store = Store(file)
    raw = file.read_bytes()
    file.write_bytes(raw[: 3 * PAGE])
    with pytest.raises(Exception, match=r"damaged.*on opening, it is rebuilt"):
        store.events()
    store.close()
    saved, notice = reopened(file)
    assert f"{len(saved)} event" in notice


def test_two_damaged_files_on_one_day_are_both_kept(file, tmp_path):
    for text in (b"first", b"second"):
        file.write_bytes(text)
        reopened(file)
    assert (tmp_path / "progress-damaged-2026-03-01.db").read_bytes() == b"first"
    assert (tmp_path / "progress-damaged-2026-03-01-2.db").read_bytes() == b"second"


def test_no_damage_at_all_makes_the_store_fail(file, tmp_path):
    full(file, 60)
    raw = file.read_bytes()
    rng = random.Random(2)
    for trial in range(30):
        hurt = bytearray(raw)
        for _ in range(rng.randint(1, 30)):
            at = rng.randrange(len(hurt))
            hurt[at : at + rng.choice([1, 4, 40])] = rng.randbytes(1) * rng.choice([1, 4, 40])
        damaged = tmp_path / f"{trial}.db"
        damaged.write_bytes(hurt[: rng.choice([len(hurt), rng.randrange(len(hurt))])])
        with Store(damaged, now=lambda: NOON) as store:
            before = len(store.events())
            store.add("done", "0.1")
            assert len(store.events()) == before + 1 <= 62
