"""A writer that is killed a thousand times, at any instant of opening and writing: no event is lost or doubled."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from groundup.course.progress.store import Store

KILLS = 1000

# A process of its own that knows the store and nothing else, so that a fork of it costs next to nothing. Each child
# opens the file, writes as fast as it can, and reports what `add` returned. It lives until a random number of reports
# has come, and a random moment more; every fourth dies before, while it opens the file.
NURSERY = """
import os, random, select, signal, sys, time
from pathlib import Path
from groundup.course.progress.store import Store

file, kills = Path(sys.argv[1]), int(sys.argv[2])
rng = random.Random(1)
for life in range(kills):
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        store = Store(file)
        if store.notice:
            os.write(into, f"notice {store.notice}\\n".encode())
        number = 0
        while True:
            event = store.add("opened", str(life), block=number)
            os.write(into, f"{event.id}\\n".encode())
            number += 1
    os.close(into)
    reports = 0 if life % 4 == 0 else rng.randint(1, 3)
    got = b""
    while got.count(b"\\n") < reports:
        got += os.read(out, 4096)
    time.sleep(rng.uniform(0, 0.003 if reports == 0 else 0.0005))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(out, 4096):
        got += piece
    os.close(out)
    for line in got.decode().splitlines():
        print(life, line)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork to make a thousand writers cheaply")
def test_a_writer_killed_a_thousand_times_loses_and_doubles_nothing(tmp_path):
    memory = Path("/dev/shm")  # a kill is the same there, and no disk is waited for
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        file = Path(folder, "progress.db")
        done = subprocess.run(
            [sys.executable, "-c", NURSERY, str(file), str(KILLS)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        with Store(file) as store:
            assert store.notice == ""
            events = store.events()
    reported = defaultdict(list)
    for line in done.stdout.splitlines():
        life, said = line.split(maxsplit=1)
        assert not said.startswith("notice"), said
        reported[life].append(said)
    stored = defaultdict(list)
    for event in events:
        stored[event.about].append(event)
    assert len({event.id for event in events}) == len(events)
    assert sum(map(len, reported.values())) > KILLS  # writers were at work when they died
    for life in map(str, range(KILLS)):
        ids = [event.id for event in stored[life]]
        assert [event.data["block"] for event in stored[life]] == list(range(len(ids)))
        assert ids[: len(reported[life])] == reported[life]
        assert len(ids) <= len(reported[life]) + 1  # the one in hand may have reached the file unreported
