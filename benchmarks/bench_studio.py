"""How long the studio takes to answer a page while it is busy; and that nothing is lost, not even to SIGKILL.

A server in a process of its own. A training runs, 100 streams of its events are open, and 20 checks of exercises are
asked for at any time, each followed by another. Meanwhile pages are asked for, one after another. The limit is the
issue's: 300 ms in the median. Then the server is killed in the middle of all this and started again. The script fails
where a check got no verdict or a wrong one, a stream missed an event or got one twice, an answer that was told is not
in the progress file, or the training did not go on.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx
import psutil

from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.store import Store
from table import print_rows

PAGES = ("/", "/lesson/0.1", "/lab")
REACH = 300.0  # ms
LESSON = "0.1"


class Studio:
    """A server with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as item:
            item.bind(("127.0.0.1", 0))
            self.port = item.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Seconds until it answered."""
        command = [sys.executable, "-m", "groundup", "start", "--no-browser", "--port", str(self.port)]
        environment = os.environ | {"GROUNDUP_HOME": str(self.home)}
        began = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while True:
            try:
                httpx.get(f"{self.url}/api/runs", timeout=60)
                return time.perf_counter() - began
            except httpx.TransportError:
                if self.process.poll() is not None:
                    raise SystemExit("the studio did not start") from None
                time.sleep(0.05)

    def ask(self, path: str, body: object = None, method: str = "POST") -> dict:
        answer = httpx.request(method, self.url + path, json=body, timeout=120)
        if answer.is_error:
            raise SystemExit(f"{path}: {answer.text}")
        return answer.json()


@dataclass
class Load:
    """What keeps a studio busy, in a thread with an event loop of its own."""

    url: str
    run: str
    expected: dict[str, bool]
    """Exercise -> whether the file that lies in the workspace passes."""
    streams: int
    checks: int
    heard: list[list[int]] = field(default_factory=list)
    """The ids of the events that each stream got."""
    verdicts: int = 0
    """Verdicts."""
    wrong: list[str] = field(default_factory=list)
    ended: bool = False

    def work(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=120) as client:
            self.heard = [[] for _ in range(self.streams)]
            listening = [asyncio.create_task(self._listen(client, ids)) for ids in self.heard]
            checking = [asyncio.create_task(self._check(client, number)) for number in range(self.checks)]
            while not self.ended:
                await asyncio.sleep(0.1)
            for task in (*listening, *checking):
                task.cancel()
            await asyncio.gather(*listening, *checking, return_exceptions=True)

    async def _listen(self, client: httpx.AsyncClient, ids: list[int]) -> None:
        """As browsers do: an event counts at the empty line after it, and who is cut off asks again from there."""
        while True:
            last, headers = 0, {"Last-Event-ID": str(ids[-1])} if ids else {}
            try:
                async with client.stream("GET", f"/api/runs/{self.run}/events", headers=headers) as answer:
                    async for line in answer.aiter_lines():
                        if line == "event: reset":
                            self.wrong.append("a stream began again, though the training was never cut")
                        elif line.startswith("id: "):
                            last = int(line[4:])
                        elif not line and last:
                            ids.append(last)
                            last = 0
            except httpx.TransportError:
                await asyncio.sleep(0.3)

    async def _check(self, client: httpx.AsyncClient, number: int) -> None:
        names = list(self.expected)
        while True:
            name = names[number % len(names)]
            number += 1
            try:
                answer = await client.post(f"/api/exercise/{name}/check", json={})
            except httpx.TransportError:  # killed in the middle
                await asyncio.sleep(0.3)
                continue
            if answer.is_error or answer.json()["passed"] != self.expected[name]:
                self.wrong.append(f"{name}: {answer.text[:300]}")
            self.verdicts += 1


@contextmanager
def busy(load: Load) -> Iterator[Load]:
    thread = threading.Thread(target=load.work)
    thread.start()
    try:
        yield load
    finally:
        load.ended = True
        thread.join()


def hand_in(studio: Studio) -> dict[str, bool]:
    """Lay files into the workspace: by turns one that passes and one that does not."""
    expected = {}
    for number, exercise in enumerate(load_course().exercises_of(load_course().lesson(LESSON))):
        right = number % 2 == 0
        studio.ask(f"/api/exercise/{exercise.id}/reset", {})
        was = studio.ask(f"/api/exercise/{exercise.id}/file", method="GET")["stamp"]
        text = exercise.code("solution.py" if right else f"mutants/{exercise.about.mutants[0].name}.py")
        studio.ask(f"/api/exercise/{exercise.id}/file", {"text": text, "was": was}, "PUT")
        expected[exercise.id] = right
    return expected


def ask_pages(studio: Studio, load: Load, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each answer."""
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    with httpx.Client(base_url=studio.url, timeout=60) as client:
        while min(map(len, taken.values())) < rounds or load.verdicts < load.checks:
            for page in PAGES:
                began = time.perf_counter()
                client.get(page).raise_for_status()
                taken[page].append(1000 * (time.perf_counter() - began))
    return taken


def until(true, subject: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"after {seconds:.0f} s still not: {subject}")
        time.sleep(0.1)


def nothing_is_lost(studio: Studio, load: Load) -> str:
    """Fails unless every stream has each event once, and every verdict was right and is stored."""
    file = studio.home / "runs" / load.run / "metrics.jsonl"
    size = file.stat().st_size
    size = file.read_bytes()[:size].rfind(b"\n") + 1
    until(lambda: all(ids and ids[-1] >= size for ids in load.heard), "every stream has heard what happened")
    lines = file.read_bytes().splitlines(keepends=True)
    ends = [sum(map(len, lines[: number + 1])) for number in range(len(lines))]
    for ids in load.heard:
        if (got := list(ids)) != ends[: len(got)]:
            raise SystemExit("a stream missed an event, or got one twice")
    if load.wrong:
        raise SystemExit(f"{len(load.wrong)} wrong: {load.wrong[0]}")
    with Store(studio.home / "progress.db") as store:
        stored = sum(row.kind == "attempt" for row in store.rows())
    if stored < load.verdicts:
        raise SystemExit(f"{load.verdicts} verdicts were told, {stored} are stored")
    return f"{load.verdicts} verdicts, {len(load.heard)} streams of {len(load.heard[0])} events each"


def measure(streams: int = 100, checks: int = 20, rounds: int = 40) -> list[dict]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        studio = Studio(Path(folder))
        studio.start()
        run = studio.ask("/api/runs", {"model": "char-rnn", "budget": "30min"})["run"]
        expected = hand_in(studio)
        try:
            until(lambda: trains(studio, run), "the training runs")
            with busy(Load(studio.url, run, expected, streams, checks)) as load:
                until(lambda: len(load.heard) == streams and all(load.heard), "all streams are open")
                taken = ask_pages(studio, load, rounds)
                print(f"nothing lost: {nothing_is_lost(studio, load)}")
                again = killed(studio, run)
                before = load.verdicts
                until(lambda: load.verdicts >= before + checks, "checks are answered again")
                print(f"killed, again there after {again:.1f} s: {nothing_is_lost(studio, load)}")
        finally:
            studio.ask(f"/api/queue/{run}/stop")
            until(lambda: not trains(studio, run), "the training has stopped")
            studio.process.terminate()
            studio.process.wait()
    text = f"{streams} streams, {checks} checks and a training"
    return [
        {"what": f"{page} beside {text} (95%: {quantiles(times, n=20)[-1]:.0f} ms)", "ours": median(times),
         "peer": REACH, "peer_name": "limit", "ratio": median(times) / REACH, "reach": f"under {REACH:g}",
         "unit": "ms"}
        for page, times in taken.items()
    ]  # fmt: skip


def killed(studio: Studio, run: str) -> float:
    """End the server as a power cut would, and start it again; seconds until it answers."""
    pid = training(studio, run)
    os.kill(studio.process.pid, signal.SIGKILL)
    studio.process.wait()
    file = studio.home / "runs" / run / "metrics.jsonl"
    size = file.stat().st_size
    until(lambda: file.stat().st_size > size, "the training goes on without the studio")
    again = studio.start()
    if not trains(studio, run) or training(studio, run) != pid:
        raise SystemExit("the training did not go on")
    return again


def trains(studio: Studio, run: str) -> bool:
    return studio.ask(f"/api/runs/{run}", method="GET")["state"] == "running"


def training(studio: Studio, run: str) -> int:
    """The number of its process."""
    pids = [item.pid for item in psutil.process_iter(["cmdline"]) if run in (item.info["cmdline"] or ())
             and item.environ().get("GROUNDUP_HOME") == str(studio.home)]  # fmt: skip
    if len(pids) != 1:
        raise SystemExit(f"{len(pids)} processes train {run}")
    return pids[0]


if __name__ == "__main__":
    print_rows(measure())
