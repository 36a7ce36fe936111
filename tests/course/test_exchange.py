"""Export, import, merge: no event is lost, none comes twice, and every mistake in a file is told with its line."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.course.progress.event import Row
from groundup.course.progress.exchange import export_progress, import_progress
from groundup.course.progress.store import Store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    with Store(tmp_path / "home" / "progress.db") as store:
        yield store


@pytest.fixture
def laptop(tmp_path):
    with Store(tmp_path / "laptop" / "progress.db") as store:
        yield store


def test_an_export_holds_everything_and_a_second_import_adds_nothing(home, laptop, tmp_path):
    home.add("attempt", "0.1/double", passed=True, says="Zwölf")
    home.add("journal", "2026-03-01", text="half a character: \udc80\nnext line")
    file = tmp_path / "progress.jsonl"
    assert export_progress(home, file) == 2
    assert import_progress(laptop, file).new == 2
    assert laptop.rows() == home.rows()
    again = import_progress(laptop, file)
    assert (again.new, again.known, again.notice) == (0, 2, "")
    assert import_progress(home, file).new == 0
    assert laptop.rows() == home.rows()


def test_events_of_two_machines_come_in_the_order_in_which_they_happened(tmp_path):
    hours = count()
    clock = lambda: START + timedelta(hours=next(hours))  # noqa: E731
    with Store(tmp_path / "a.db", now=clock) as a, Store(tmp_path / "b.db", now=clock) as b:
        for number in range(6):
            (a, b)[number % 2].add("opened", "0.1", block=number)
        export_progress(a, tmp_path / "a.jsonl")
        import_progress(b, tmp_path / "a.jsonl")
        export_progress(b, tmp_path / "b.jsonl")
        import_progress(a, tmp_path / "b.jsonl")
        assert a.rows() == b.rows()
        assert [event.data["block"] for event in b.events()] == list(range(6))


def test_the_database_of_another_machine_is_imported_and_left_as_it_is(home, laptop, tmp_path):
    laptop.add("done", "0.1")  # still open there: the event is in the log beside the file
    files = {path: path.read_bytes() for path in (tmp_path / "laptop").iterdir() if path.suffix != ".db-shm"}
    assert import_progress(home, laptop.file).new == 1
    assert {path: path.read_bytes() for path in files} == files
    assert home.rows() == laptop.rows()
    assert import_progress(home, home.file).new == 0


def test_a_damaged_database_gives_what_can_be_read_and_says_so(home, tmp_path):
    other = tmp_path / "old.db"
    with Store(other) as store:
        for number in range(100):
            store.add("opened", "0.1", block=number)
    raw = other.read_bytes()
    other.write_bytes(b"\0" * 4096 + raw[4096:])
    found = import_progress(home, other)
    assert found.new == 100
    assert "old.db is damaged; 100 events could be read" in found.notice
    assert other.read_bytes()[4096:] == raw[4096:]
    assert list(tmp_path.glob("*damaged*")) == []


def test_a_database_that_is_none_or_holds_no_progress_is_refused(home, tmp_path):
    for name, raw in (("a.db", b"not a database"), ("b.jsonl", b"SQLite format 3\0" + b"x" * 9000)):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(GroundupError, match="holds no progress that can be read"):
            import_progress(home, tmp_path / name)
    assert home.rows() == []


def line(**changed):
    event = {"id": "a1", "at": "2026-03-01T12:00:00+00:00", "kind": "done", "about": "0.1", "data": {}}
    return json.dumps({key: value for key, value in (event | changed).items() if value is not ...})


GOOD = line(id="b2")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "no JSON object"),
        ("[" * 100_000, "not JSON"),
        (line(id=...), "'id' is missing"),
        (line(data=...), "'data' is missing"),
        (line(kind="dance"), "no kind of event 'dance'"),
        (line(kind=["done"]), "no kind of event"),
        (line(at="yesterday"), "'at' is no time with a time zone"),
        (line(at="2026-03-01T12:00:00"), "'at' is no time with a time zone"),
        (line(at=17), "'at' is no time with a time zone"),
        (line(at="9999-12-31T23:59:59+00:00"), "'at' is no time"),
        (line(place=2**70), "'at' is no time"),
        (line(place="later"), "'at' is no time"),
        (line(id="'; DROP TABLE event"), "'id' is no letters and digits"),
        (line(id=7), "'id' is no letters and digits"),
        (line(about=None), "'about' is no text"),
        (line(about="\ud800"), "'about' is no text"),
        (line(data=[1]), "'data' is no JSON object"),
        (line(data={"x": float("nan")}), "'data' is no JSON object"),
    ],
)
def test_a_bad_line_is_told_and_nothing_of_the_file_comes_in(home, tmp_path, bad, says):
    file = tmp_path / "progress.jsonl"
    head = json.dumps({"groundup": "progress", "version": 1, "events": 2})
    file.write_text(f"{head}\n{GOOD}\n{bad}\n", encoding="utf-8")
    with pytest.raises(GroundupError, match="line 3: ") as caught:
        import_progress(home, file)
    assert says in caught.value.what
    assert "Nothing was imported" in caught.value.hint
    assert home.rows() == []


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is no export of progress"),
        (b"# My notes\n", "is no export of progress"),
        (b'{"groundup": "recipe"}\n', "is no export of progress"),
        (b'{"groundup": "progress", "version": 2, "events": 0}\n', "newer groundup"),
        (b'{"groundup": "progress"', "line 1: this is not JSON"),
        (
            b'{"groundup": "progress", "version": 1, "events": 2}\n' + GOOD.encode(),
            "announces 2 events, and 1",
        ),
        (b'{"groundup": "progress", "version": 1, "events": 1}\n\xff\xfe', "line 2: this is not UTF-8"),
    ],
)
def test_a_file_that_is_no_whole_export_is_told(home, tmp_path, raw, says):
    file = tmp_path / "progress.jsonl"
    file.write_bytes(raw)
    with pytest.raises(GroundupError, match=says):
        import_progress(home, file)


def test_windows_line_ends_a_byte_order_mark_and_empty_lines_do_no_harm(home, tmp_path):
    file = tmp_path / "progress.jsonl"
    head = json.dumps({"groundup": "progress", "version": 1, "events": 1})
    file.write_bytes(b"\xef\xbb\xbf" + f"{head}\r\n\r\n{GOOD}\r\n\r\n".encode())
    assert import_progress(home, file).new == 1


def test_what_is_not_there_or_no_file_is_told(home, tmp_path):
    for path in (tmp_path / "nowhere.jsonl", tmp_path):
        with pytest.raises(GroundupError, match="cannot be read"):
            import_progress(home, path)


def test_an_export_overwrites_an_older_one_and_nothing_else(home, tmp_path):
    file, essay = tmp_path / "progress.jsonl", tmp_path / "essay.txt"
    export_progress(home, file)
    home.add("done", "0.1")
    assert export_progress(home, file) == 1
    assert import_progress(home, file).known == 1
    essay.write_text("My essay", encoding="utf-8")
    for path in (essay, home.file, tmp_path):
        with pytest.raises(GroundupError, match="no export of progress"):
            export_progress(home, path)
    assert essay.read_text(encoding="utf-8") == "My essay"
    with pytest.raises(GroundupError, match="Could not write"):
        export_progress(home, essay / "below-a-file.jsonl")


# ---- merging, whatever there is -----------------------------------------------------------------------------

rows = st.builds(
    lambda number, place, behind, block: Row(
        f"{number:x}", place, place - behind, "opened", "0.1", json.dumps({"block": block})
    ),
    st.integers(0, 30), st.integers(10**15, 10**15 + 5), st.integers(0, 1), st.just(1),
)  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("merge")


def merged(scratch, *parts):
    """What a new store holds after so many imports, through files."""
    with Store(scratch / "all.db") as store:
        for part in parts:
            store.merge(part)
        found = store.rows()
    (scratch / "all.db").unlink()
    return found


@settings(max_examples=12, deadline=None)
@given(st.lists(rows, max_size=6, unique_by=lambda row: row.id), st.data())
def test_a_merge_is_the_same_in_any_order_and_any_number_of_times(scratch, every, data):
    """Three machines that have each some of the events."""
    a, b, c = ([row for row in every if data.draw(st.booleans())] for _ in range(3))
    wanted = sorted({*a, *b, *c}, key=lambda row: (row.place, row.id))
    assert merged(scratch, a, b, c) == wanted  # nothing lost, nothing doubled
    assert merged(scratch, c, merged(scratch, b, a), a, a) == wanted
