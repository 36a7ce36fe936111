"""The store: events stay as they were written, whatever other process writes beside, whatever clock and disk do."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.course.progress.store import Store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self, at=START):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def file(tmp_path):
    return tmp_path / "home" / "progress.db"


def test_events_come_back_as_they_were_written_and_in_order(file):
    with Store(file) as store:
        first = store.add("attempt", "0.1/double", passed=False, says="Zwölf – 12 ≠ 13", points=[(0, 1.5)])
        store.add("hint", "0.1/double", number=1)
        store.add("attempt", "0.1/halve", passed=True)
    with Store(file) as store:
        assert store.notice == ""
        found = store.events()
        assert found[0] == first
        assert found[0].data == {"passed": False, "says": "Zwölf – 12 ≠ 13", "points": [[0, 1.5]]}
        assert [event.kind for event in found] == ["attempt", "hint", "attempt"]
        assert [event.about for event in store.events("attempt")] == ["0.1/double", "0.1/halve"]
        assert [event.kind for event in store.events(about="0.1/double")] == ["attempt", "hint"]
        assert store.events("hint", "0.1/halve") == []


def test_a_follower_gets_what_came_since(file):
    with Store(file) as writer, Store(file) as follower:
        writer.add("opened", "0.1", block=0)
        seen = follower.events()[-1].number
        assert follower.events(after=seen) == []
        added = [writer.add("opened", "0.1", block=block) for block in (1, 2)]
        assert follower.events(after=seen) == added


def test_what_no_json_can_hold_is_stored_as_nothing_rather_than_lost(file):
    with Store(file) as store:
        store.add("predicted", "0.1/a", given=float("nan"), right=False, more=[float("inf"), 1.0])
        store.add("journal", "2026-03-01", text="half a character: \udc80, and a zero: \0")
        guess, page = store.events()
    assert guess.data == {"given": None, "right": False, "more": [None, 1.0]}
    assert page.data["text"] == "half a character: \udc80, and a zero: \0"


def test_no_event_can_be_changed_or_deleted(file):
    with Store(file) as store:
        store.add("done", "0.1")
    with sqlite3.connect(file) as database:
        for statement in ("UPDATE event SET about = '0.2'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="events are never"):
                database.execute(statement)
    database.close()
    with Store(file) as store:
        assert [event.about for event in store.events()] == ["0.1"]


def test_a_kind_that_is_none_is_a_bug_of_ours(file):
    with Store(file) as store, pytest.raises(ValueError, match="dance"):
        store.add("dance", "0.1")


# ---- the clock ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=4000)])
def test_a_clock_set_back_changes_no_order_and_dates_nothing_ahead(file, back):
    clock = Clock()
    with Store(file, now=clock) as store:
        store.add("done", "0.1")
        clock.at = START - back
        store.add("done", "0.2")
        store.add("done", "0.3")
        early = store.events()
        assert [event.about for event in early] == ["0.1", "0.2", "0.3"]
        assert all(event.at <= clock.at for event in early)
        clock.at = START + timedelta(
            days=1
        )  # it is right again: what was written in between came after START
        late = store.events()
        assert [event.about for event in late] == ["0.1", "0.2", "0.3"]
        assert all(timedelta() <= event.at - START < timedelta(seconds=1) for event in late)


def test_a_clock_that_was_years_ahead_and_is_right_again_dates_later_events_rightly(file):
    clock = Clock()
    with Store(file, now=clock) as store:
        store.add("done", "0.1")
        clock.at = START + timedelta(days=4000)
        store.add("done", "0.2")
        clock.at = START + timedelta(days=1)
        store.add("done", "0.3")
        clock.at = START + timedelta(days=2)
        store.add("done", "0.4")
        days = [(event.about, (event.at - START).days) for event in store.events()]
    assert days == [("0.1", 0), ("0.2", 1), ("0.3", 1), ("0.4", 2)]


@settings(max_examples=15, deadline=None)
@example([100, 1000, 50], 200)  # right, then ahead, then behind, and right again
@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=8), st.integers(-(10**6), 10**6))
def test_whatever_the_clock_does_order_is_that_of_writing_and_no_time_runs_back_or_ahead(
    tmp_path_factory, minutes, last
):
    clock = Clock()
    with Store(tmp_path_factory.mktemp("clock") / "progress.db", now=clock) as store:
        for number, minute in enumerate(minutes):
            clock.at = START + timedelta(minutes=minute)
            store.add("opened", "0.1", block=number)
        clock.at = START + timedelta(minutes=last)
        events = store.events()
    assert [event.data["block"] for event in events] == list(range(len(minutes)))
    times = [event.at for event in events]
    assert times == sorted(times)
    assert times[-1] <= clock.at


# ---- several at once ----------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from groundup.course.progress.store import Store
with Store(Path(sys.argv[1])) as store:
    for number in range(60):
        store.add("opened", sys.argv[2], block=number)
"""


def test_processes_that_write_at_once_lose_nothing_and_never_find_it_locked(file):
    names = ("one", "two", "three")  # they also make the file at once: none is there
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), name], stderr=subprocess.PIPE, text=True)
        for name in names
    ]
    assert [writer.communicate()[1] for writer in writers] == ["", "", ""]
    with Store(file) as store:
        for name in names:
            assert [event.data["block"] for event in store.events(about=name)] == list(range(60))


def test_threads_that_write_at_once_lose_nothing_with_one_store_or_with_several(file):
    shared = Store(file)

    def write(name, store):
        for number in range(40):
            store.add("opened", name, block=number)

    def write_alone():
        with Store(file) as own:
            write("own", own)

    threads = [threading.Thread(target=write, args=(name, shared)) for name in ("a", "b")]
    threads.append(threading.Thread(target=write_alone))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("a", "b", "own"):
        assert [event.data["block"] for event in shared.events(about=name)] == list(range(40))
    shared.close()


def test_a_file_that_others_hold_for_long_is_said_so_and_goes_on_afterwards(file):
    with Store(file, patience=0.05) as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GroundupError, match=r"another program has held it for 0\.05 seconds.*Close what"):
            store.add("done", "0.1")
        other.execute("ROLLBACK")
        other.close()
        store.add("done", "0.2")
        assert [event.about for event in store.events()] == ["0.2"]


# ---- what the disk does -------------------------------------------------------------------------------------


def test_a_full_disk_is_said_so_and_what_was_stored_stays(file):
    with Store(file) as store:
        store.add("journal", "2026-03-01", text="before")
        pages = store._database.execute("PRAGMA page_count").fetchone()[0]
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(GroundupError, match=r"the disk is full.*Free some space.*safe"):
            store.add("journal", "2026-03-01", text="x" * 100_000)
        store._database.execute("PRAGMA max_page_count = 100000")
        store.add("journal", "2026-03-01", text="after")
        assert [event.data["text"] for event in store.events()] == ["before", "after"]


def test_a_file_without_the_right_to_write_is_said_so_and_can_still_be_read(file):
    with Store(file) as store:
        store.add("done", "0.1")
        store._database.execute("PRAGMA query_only = 1")
        with pytest.raises(GroundupError, match=r"readonly.*GROUNDUP_HOME"):
            store.add("done", "0.2")
        assert [event.about for event in store.events()] == ["0.1"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be written by root")
def test_a_folder_without_the_right_to_write_is_said_so(file):
    file.parent.mkdir()
    file.parent.chmod(0o500)
    with pytest.raises(GroundupError, match="GROUNDUP_HOME"):
        Store(file)


def test_a_file_where_the_folder_should_be_is_said_so(tmp_path):
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")
    with pytest.raises(GroundupError, match=r"cannot be used.*GROUNDUP_HOME"):
        Store(tmp_path / "home" / "progress.db")
    (tmp_path / "other" / "progress.db").mkdir(parents=True)
    with pytest.raises(GroundupError, match="cannot be used"):
        Store(tmp_path / "other" / "progress.db")


def test_a_file_of_a_newer_version_is_left_as_it_is(file):
    with Store(file) as store:
        store.add("done", "0.1")
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 2")
    database.close()
    before = file.read_bytes()
    with pytest.raises(GroundupError, match=r"newer groundup.*Update this one"):
        Store(file)
    assert file.read_bytes() == before
    assert not list(file.parent.glob("*damaged*"))
