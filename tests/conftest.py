"""What every test gets: a home of its own, so that no test touches that of the person who runs it."""

import os

# One thread for each test process: with several on two cores, threads would wait for one another all day.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import signal
from pathlib import Path

import pytest
from filelock import FileLock

from commands import Said
from groundup.cli.main import main
from groundup.common.errors import GroundupError
from groundup.text.assets import fetch, where

# A shell's background (`make test &`, some CI) has Ctrl-C switched off, and every process that a test starts would
# inherit that: then pressing it would do nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """GROUNDUP_HOME of this test alone: runs, cache, settings and workspace go below it."""
    folder = tmp_path / "groundup-home"
    monkeypatch.setenv("GROUNDUP_HOME", str(folder))
    return folder


@pytest.fixture
def groundup(capfd):
    """Call the command: `groundup("train", "gpt")` gives its exit code and both outputs."""

    def call(*arguments):
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return call


def home_with_asset(name: str, factory: pytest.TempPathFactory) -> Path:
    """A GROUNDUP_HOME with one asset, fetched once for all tests and all pytest-xdist workers.

    Skips the test where no source of the asset can be reached.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"{name}-home"
    failure = folder / "not-reachable.txt"  # the other workers need not wait as long again
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "fetch.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDUP_HOME", str(folder))
        if where(name) is None and not failure.exists():
            try:
                fetch(name)
            except GroundupError as error:
                failure.write_text(str(error), encoding="utf-8")
    if failure.exists():
        pytest.skip(f"no source of '{name}' can be reached: {failure.read_text(encoding='utf-8')}")
    return folder


@pytest.fixture(scope="session")
def shakespeare_home(tmp_path_factory) -> Path:
    """A GROUNDUP_HOME with the `shakespeare` asset.

    It is shared: set GROUNDUP_HOME to it only in tests that write nothing else, or ask for `shakespeare`.
    """
    return home_with_asset("shakespeare", tmp_path_factory)


@pytest.fixture
def shakespeare(home, shakespeare_home) -> str:
    """The name of the corpus, with its asset in this test's own home."""
    asset = Path("cache", "assets", "shakespeare")
    shutil.copytree(shakespeare_home / asset, home / asset)
    return "shakespeare"


@pytest.fixture(scope="session")
def tinyshakespeare(tmp_path_factory) -> Path:
    """The file of Tiny Shakespeare, fetched as an asset."""
    return (
        home_with_asset("tinyshakespeare", tmp_path_factory)
        / "cache/assets/tinyshakespeare/tinyshakespeare.txt"
    )


# ---- which tests run first, and which are skipped --------------------------------------------------------------

SKIPS = Path(__file__).with_name("skips.txt")


def pytest_collection_modifyitems(items) -> None:
    """The long tests first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_terminal_summary(terminalreporter) -> None:
    """Every skipped test with its reason. One that tests/skips.txt does not name fails the run in CI."""
    skipped = {
        report.nodeid.partition("[")[0]: report for report in terminalreporter.stats.get("skipped", [])
    }
    if not skipped:
        return
    listed = {line.split(" ", 1)[0] for line in SKIPS.read_text(encoding="utf-8").splitlines()}
    terminalreporter.section("skipped tests")
    for name, report in sorted(skipped.items()):
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        terminalreporter.write_line(
            f"{name}  ({reason}){'' if name in listed else '  NOT in tests/skips.txt'}"
        )


def pytest_sessionfinish(session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return
    listed = {line.split(" ", 1)[0] for line in SKIPS.read_text(encoding="utf-8").splitlines()}
    names = {report.nodeid.partition("[")[0] for report in reporter.stats.get("skipped", [])}
    if names - listed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
