"""A real studio for tests: a server of its own with a home of its own, and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from groundup.studio.pages import VENDOR

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
WAIT = 90_000  # ms that a page may take: a machine that runs all tests at once is slow


class Studio:
    """A studio in a process of its own."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home, self.port = home, port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        environment = os.environ | {"GROUNDUP_HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "groundup", "start", "--no-browser", "--port", str(self.port)]
        self.log = open(self.home / "studio.log", "ab")  # noqa: SIM115 (closed in stop)
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        until = time.monotonic() + 200
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/static/mark.svg", timeout=5)
                return
            except httpx.TransportError:
                assert self.process.poll() is None, (self.home / "studio.log").read_text(encoding="utf-8")
                time.sleep(0.05)
        raise AssertionError("the studio did not start")

    def stop(self, *, kill: bool = False) -> None:
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(timeout=100)
        self.log.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    """A studio for this test alone."""
    home.mkdir(parents=True, exist_ok=True)
    running = Studio(home)
    yield running
    if running.process.poll() is None:
        running.stop()
    for left in psutil.process_iter():  # a training outlives its studio: here it must not outlive the test
        with suppress(psutil.Error):
            if left.environ().get("GROUNDUP_HOME") == str(home) and left.pid != os.getpid():
                left.kill()


@pytest.fixture(scope="module")
def browser():
    """Chromium, for all tests of a file; no longer, for `asyncio.run` fails while Playwright's event loop runs."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    if not VENDOR.is_dir():
        pytest.skip("the studio's vendor folder was not built (npm is missing)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def tab(browser, studio):
    """A page of the browser at the studio, which fails the test on any script error, and on any request elsewhere."""
    context = browser.new_context(base_url=studio.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda one: wrong.append(one.url) if not _is_ours(one.url, studio.url) else None)
    yield opened
    context.close()
    assert wrong == []


def _is_ours(url: str, ours: str) -> bool:
    return url.startswith((f"{ours}/", "data:", "blob:"))
