"""Fetching: the real pip on packages built here, a web server on this machine, some of the real packages."""

import gzip
import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from groundup.common.errors import GroundupError
from groundup.text import assets, sources
from groundup.text.assets import ASSETS, Asset, fetch, folder_sha256, list_assets, remove, verify, where
from groundup.text.sources import NodePackage, PythonPackage, WebArchive, WebFiles, extract

POEM = b"Let me not to the marriage of true minds\nAdmit impediments.\n" * 100
SONG = b"O mistress mine, where are you roaming?\n" * 50


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def listing_sha256(files: dict[str, bytes]) -> str:
    return sha256("".join(f"{sha256(files[name])}  {name}\n" for name in sorted(files)).encode())


@pytest.fixture
def shelf(home) -> Path:
    return home / "cache" / "assets"


@pytest.fixture
def packages(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes for all the registries there are."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return folder


@pytest.fixture
def wheel(packages) -> PythonPackage:
    path = packages / "poems-1.0-py3-none-any.whl"
    info = "poems-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("poems/data/116.txt", POEM)
        file.writestr("poems/data/song.txt.gz", gzip.compress(SONG))
        file.writestr("poems/data/notes.md", "not wanted")
        file.writestr("poems/other/117.txt", "not wanted")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: poems\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    size = path.stat().st_size
    return PythonPackage("poems", "1.0", sources.file_sha256(path), size, "poems/data/")


@pytest.fixture
def sdist(packages) -> PythonPackage:
    """One that cannot be built here, as of a package that needs a compiler."""
    path = packages / "rhymes-2.0.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, data in {
            "rhymes-2.0/PKG-INFO": b"Metadata-Version: 1.1\nName: rhymes\nVersion: 2.0\n",
            "rhymes-2.0/setup.py": b"raise SystemExit('no compiler')\n",
            "rhymes-2.0/texts/116.txt": POEM,
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    size = path.stat().st_size
    return PythonPackage(
        "rhymes", "2.0", sources.file_sha256(path), size, "rhymes-2.0/texts/", is_source=True
    )


@pytest.fixture
def web():
    """A server: `pages` says what it sends, `asked` what it was asked. A page that is None never ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            if self.path not in self.server.pages:
                self.send_error(404)
                return
            data = self.server.pages[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data) if data is not None else 10**6))
            self.end_headers()
            self.wfile.write(data if data is not None else bytes(1000))
            if data is None and not self.server.short:
                self.wfile.flush()
                self.server.over.wait(200)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.pages, server.asked, server.over, server.short = {}, [], threading.Event(), False
    server.at = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def register(monkeypatch):
    def add(content: dict[str, bytes], *from_where, files=None, sha=None) -> str:
        item = next(iter(content.values()))
        right = sha256(item) if len(content) == 1 else listing_sha256(content)
        size = sum(map(len, content.values()))
        files = files or tuple(content)
        added = Asset("poems", "Poems", "text", "free", files, size, sha or right, from_where)
        monkeypatch.setitem(ASSETS, "poems", added)
        return "poems"

    return add


BOTH = {"116.txt": POEM, "song.txt": SONG}


def test_a_wheel_is_fetched_checked_and_kept(register, wheel, packages, shelf):
    name = register(BOTH, wheel, files=("*.txt",))
    assert where(name) is None
    assert not ASSETS[name].fetched
    seen = []
    folder = fetch(name, lambda *done: seen.append(done))
    assert folder == where(name) == shelf / "poems"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == BOTH
    assert [path.name for path in shelf.iterdir() if not path.name.endswith(".lock")] == ["poems"]
    assert seen[-1] == (wheel.archive_size, wheel.archive_size, "fetching Python package poems 1.0")
    assert all(0 <= done <= total for done, total, _ in seen)
    assert ASSETS[name].fetched
    assert ASSETS[name].bytes_on_disk == len(POEM) + len(SONG)
    verify(name)

    for path in packages.iterdir():
        path.unlink()
    assert fetch(name) == folder  # again, without any network
    assert remove(name) == len(POEM) + len(SONG)
    assert where(name) is None
    assert remove(name) == 0
    with pytest.raises(GroundupError, match="has not been fetched"):
        verify(name)


def test_a_source_distribution_that_cannot_be_built_serves_as_well(register, sdist):
    folder = fetch(register({"116.txt": POEM}, sdist))
    assert (folder / "116.txt").read_bytes() == POEM


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_package_with_another_hash_is_not_even_opened(register, request, shelf, kind):
    package = request.getfixturevalue(kind)
    forged = PythonPackage(**{**vars(package), "sha256": "0" * 64})
    name = register({"116.txt": POEM}, forged, files=("116.txt",))
    with pytest.raises(GroundupError, match=r"not the one that was expected.*nothing of it was kept"):
        fetch(name)
    assert [path for path in shelf.iterdir() if not path.name.endswith(".lock")] == []


def test_content_with_another_hash_is_not_kept(register, wheel, shelf):
    name = register({"116.txt": POEM}, wheel, sha="f" * 64)
    with pytest.raises(GroundupError, match="content is not what was expected"):
        fetch(name)
    assert not (shelf / "poems").exists()


def test_without_a_network_the_error_says_what_still_works(register, packages, shelf):
    nowhere = PythonPackage("poems", "1.0", "0" * 64, 1, "poems/")
    name = register({"116.txt": POEM}, nowhere, WebFiles({"116.txt": "http://127.0.0.1:9/116.txt"}, 1))
    with pytest.raises(GroundupError) as caught:
        fetch(name)
    assert "Could not fetch 'poems'" in caught.value.what
    assert "No matching distribution" in caught.value.what
    assert "http://127.0.0.1:9/116.txt cannot be reached" in caught.value.what
    assert "everything else works offline" in caught.value.hint
    assert "--corpus PATH" in caught.value.hint
    assert f"put 116.txt into {shelf / 'poems'}" in caught.value.hint

    (shelf / "poems").mkdir()  # what the hint says works
    (shelf / "poems" / "116.txt").write_bytes(POEM)
    assert fetch(name) == shelf / "poems"
    verify(name)


def test_the_next_source_is_tried(register, packages, web):
    web.pages["/116.txt"] = POEM
    nowhere = PythonPackage("poems", "1.0", "0" * 64, 1, "poems/")
    seen = []
    folder = fetch(
        register({"116.txt": POEM}, nowhere, WebFiles({"116.txt": f"{web.at}/116.txt"}, len(POEM))),
        lambda *done: seen.append(done),
    )
    assert (folder / "116.txt").read_bytes() == POEM
    assert seen[-1] == (len(POEM), len(POEM), f"fetching {web.at}/116.txt")


def test_an_archive_on_the_web(register, web):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("poems-1/data/116.txt", POEM)
    web.pages["/poems.zip"] = buffer.getvalue()
    folder = fetch(register({"116.txt": POEM}, WebArchive(f"{web.at}/poems.zip", 1, "poems-1/data/")))
    assert (folder / "116.txt").read_bytes() == POEM


def test_an_answer_that_ends_early_or_is_missing_is_refused(register, web, shelf):
    web.pages["/116.txt"], web.short = None, True
    with pytest.raises(GroundupError, match="sent 1,000 of 1,000,000 bytes"):
        fetch(register({"116.txt": POEM}, WebFiles({"116.txt": f"{web.at}/116.txt"}, 1)))
    with pytest.raises(GroundupError, match=r"cannot be reached .*Not Found"):
        fetch(register({"116.txt": POEM}, WebFiles({"116.txt": f"{web.at}/none.txt"}, 1)))
    assert not (shelf / "poems").exists()


def test_ctrl_c_leaves_nothing(register, wheel, shelf):
    def interrupt(*_):
        raise KeyboardInterrupt

    name = register({"116.txt": POEM}, wheel)
    with pytest.raises(KeyboardInterrupt):
        fetch(name, interrupt)
    assert [path for path in shelf.iterdir() if not path.name.endswith(".lock")] == []
    fetch(name)
    verify(name)


def test_ctrl_c_ends_what_pip_or_npm_started_too(tmp_path):
    program = """
        import subprocess, sys
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(sleeper.pid, flush=True)
        sleeper.wait()
    """

    def interrupt(*_):
        if (tmp_path / "log.txt").read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sources._run([sys.executable, "-c", textwrap.dedent(program)], tmp_path, 1, "fetching", interrupt)
    with suppress(psutil.NoSuchProcess):
        sleeper = psutil.Process(int((tmp_path / "log.txt").read_text()))
        try:
            sleeper.wait(timeout=10)
        except psutil.TimeoutExpired:  # ended, but its new parent has not asked for its exit code
            assert sleeper.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_process_leaves_nothing_that_counts(register, web, shelf):
    web.pages["/116.txt"] = None
    source = WebFiles({"116.txt": f"{web.at}/116.txt"}, len(POEM))
    name = register({"116.txt": POEM}, source)
    program = f"""
        from groundup.text.assets import ASSETS, Asset, fetch
        from groundup.text.sources import WebFiles
        sha = "{sha256(POEM)}"
        ASSETS["poems"] = Asset("poems", "", "", "", ("116.txt",), {len(POEM)}, sha, ({source!r},))
        fetch("poems", lambda *done: print(*done, flush=True))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)
    assert process.stdout.readline().startswith(b"1000 1000000")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert list(shelf.glob(".poems-*"))  # it was in the middle
    assert where(name) is None
    web.pages["/116.txt"] = POEM
    fetch(name)
    verify(name)
    assert not list(shelf.glob(".poems-*"))


def test_two_that_ask_at_once_fetch_once(register, web):
    web.pages["/116.txt"] = POEM
    name = register({"116.txt": POEM}, WebFiles({"116.txt": f"{web.at}/116.txt"}, len(POEM)))
    slowly = lambda *_: time.sleep(0.2)  # noqa: E731
    threads = [threading.Thread(target=fetch, args=(name, slowly)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert web.asked == ["/116.txt"]
    verify(name)


def test_what_was_altered_is_found_and_what_is_incomplete_is_fetched_again(register, wheel):
    name = register(BOTH, wheel)
    folder = fetch(name)
    (folder / "116.txt").write_bytes(POEM.replace(b"true", b"true".upper()))  # of the same size
    assert where(name) == folder
    with pytest.raises(GroundupError, match="not what was fetched: its SHA-256 differs"):
        verify(name)
    (folder / "116.txt").unlink()
    assert where(name) is None
    assert fetch(name) == folder
    verify(name)


def test_a_folder_that_cannot_be_written_and_a_full_disk(register, wheel, home, monkeypatch):
    name = register({"116.txt": POEM}, wheel)
    home.mkdir()
    (home / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(GroundupError, match=r"Could not write in .*GROUNDUP_HOME"):
        fetch(name)
    (home / "cache").unlink()
    usage = sources.shutil.disk_usage(home)
    monkeypatch.setattr(assets.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(GroundupError, match="MB free; this needs"):
        fetch(name)


@pytest.mark.parametrize(
    "bad", ["../evil.txt", "a/../../evil.txt", "/evil.txt", "..\\evil.txt", "C:evil.txt"]
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_extraction_never_leaves_its_folder(tmp_path, bad, kind):
    archive = tmp_path / f"bad.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"root/{bad}", POEM)
    else:
        with tarfile.open(archive, "w") as file:
            member = tarfile.TarInfo(f"root/{bad}")
            member.size = len(POEM)
            file.addfile(member, io.BytesIO(POEM))
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with pytest.raises(GroundupError, match="unsafe path"):
        extract(archive, "root/", ("*",), folder)
    assert not list(tmp_path.rglob("*evil*"))


def test_links_in_an_archive_are_passed_over(tmp_path):
    (tmp_path / "secret.txt").write_bytes(SONG)
    archive = tmp_path / "links.tar"
    with tarfile.open(archive, "w") as file:
        link = tarfile.TarInfo("root/116.txt")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.txt")
        file.addfile(link)
    with pytest.raises(GroundupError, match=r"does not hold root/116\.txt"):
        extract(archive, "root/", ("116.txt",), tmp_path / "out")


@pytest.mark.parametrize("name", ["cut.whl", "cut.tar.gz"])
def test_a_damaged_archive_is_an_error(tmp_path, name):
    archive = tmp_path / name
    if name.endswith(".whl"):
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("root/116.txt", os.urandom(5000))
        data = bytearray(archive.read_bytes())
        data[2000] ^= 1  # within the packed bytes: their check sum fails
        archive.write_bytes(data)
    else:
        with tarfile.open(archive, "w:gz") as file:
            member = tarfile.TarInfo("root/116.txt")
            member.size = 5000
            file.addfile(member, io.BytesIO(os.urandom(5000)))
        archive.write_bytes(archive.read_bytes()[:3000])
    with pytest.raises(GroundupError, match="is damaged"):
        extract(archive, "root/", ("116.txt",), tmp_path / "out")


def test_npm_that_is_not_there_is_said(register, monkeypatch):
    monkeypatch.setattr(sources.shutil, "which", lambda _: None)
    with pytest.raises(GroundupError, match="npm is not installed"):
        fetch(register({"116.txt": POEM}, NodePackage("poems", "1.0", "0" * 64, 1, "package/")))


def test_a_python_without_pip_is_said():
    text = "/usr/bin/python: No module named pip\n"
    assert "has no pip" in sources._why_pip_failed(text)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(GroundupError, match="Did you mean 'shakespeare'"):
        fetch("shakespere")


def test_the_registry_says_all_there_is_to_know():
    assert {asset.name for asset in list_assets()} == set(ASSETS)
    assert set(ASSETS) >= {"shakespeare", "names", "sotu", "alice", "tinyshakespeare", "gpt2", "cl100k"}
    assert set(ASSETS) >= {"o200k", "bert", "minilm", "llama", "mistral", "smollm2"}
    for item in list_assets():
        assert item.kind in {"text", "vocabulary", "model"}
        assert item.licence
        assert item.title
        assert item.size > 0
        assert not item.fetched  # each test has a home of its own
        for source in item.sources:
            hashes = [item.sha256] + ([source.sha256] if hasattr(source, "sha256") else [])
            assert all(len(value) == 64 and set(value) <= set("0123456789abcdef") for value in hashes)
            if isinstance(source, WebFiles):
                assert set(source.files) == set(item.files)
                assert all(address.startswith("https://") for address in source.files.values())
            else:
                assert source.root.endswith("/")


def reached(name: str) -> Path:
    try:
        return fetch(name)
    except GroundupError as error:
        pytest.skip(f"no source of '{name}' can be reached: {error.what}")


@pytest.mark.slow
def test_the_real_gpt2_vocabulary():
    folder = reached("gpt2")
    verify("gpt2")
    # The hashes that OpenAI's own tiktoken checks these two files against.
    assert sha256((folder / "vocab.bpe").read_bytes()).startswith("1ce1664773c50f3e0cc8842619a93edc")
    assert sha256((folder / "encoder.json").read_bytes()).startswith("196139668be63f3b5d6574427317ae82")


@pytest.mark.slow
def test_the_real_llama_vocabulary_through_npm():
    folder = reached("llama")
    verify("llama")
    assert (folder / "llama-tokenizer.js").stat().st_size == ASSETS["llama"].size


def test_the_real_shakespeare(shakespeare_home):
    folder = shakespeare_home / "cache" / "assets" / "shakespeare"
    assert folder_sha256(folder) == ASSETS["shakespeare"].sha256
    assert len(list(folder.iterdir())) == 42
