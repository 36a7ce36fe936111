"""The token cache: right ids, whole files only, damage noticed, memory bounded."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest

from groundup.common.errors import GroundupError
from groundup.text.byte_level import Bytes
from groundup.text.token_cache import DAY, HEADER, release, tokenize

unix = pytest.mark.skipif(os.name == "nt", reason="uses signals or limits that Windows does not have")


@dataclass
class Pieces:
    """What the cache needs of a corpus: pieces that are counted as they are read."""

    train: list[str]
    fingerprint: str = "f" * 64
    name: str = "pieces"
    read: int = field(default=0)

    def pieces(self, split):
        for piece in getattr(self, split):
            self.read += 1
            yield piece

    def size(self, split):
        return sum(len(piece.encode()) for piece in getattr(self, split))

    @property
    def validation(self):
        return self.train[:1]


TEXT = ["To be, or not to be.\n" * 50, "naïve 水 🙂\n" * 20, "the end"]
IDS = list("".join(TEXT).encode())


def test_ids_are_the_tokenizers_and_are_read_again_from_the_file(tmp_path):
    corpus, seen = Pieces(TEXT), []
    ids = tokenize(corpus, "train", Bytes(), tmp_path, progress=lambda *done: seen.append(done))
    assert ids.tolist() == IDS
    assert isinstance(ids, np.memmap)
    assert ids.dtype == np.uint16
    assert not ids.flags.writeable
    assert seen == [(1050, len(IDS)), (len(IDS) - 7, len(IDS)), (len(IDS), len(IDS))]
    assert corpus.read == 3
    assert tokenize(corpus, "train", Bytes(), tmp_path).tolist() == IDS
    assert corpus.read == 3


def test_another_split_text_or_tokenizer_is_another_file(tmp_path):
    tokenize(Pieces(TEXT), "train", Bytes(), tmp_path)
    assert tokenize(Pieces(TEXT), "validation", Bytes(), tmp_path).tolist() == list(TEXT[0].encode())
    assert tokenize(Pieces(TEXT[:2], fingerprint="e" * 64), "train", Bytes(), tmp_path).size < len(IDS)

    class Reversed(Bytes):
        def encode_to_array(self, text):
            return 255 - super().encode_to_array(text)

        def to_json(self):
            return {**super().to_json(), "reversed": True}

    assert tokenize(Pieces(TEXT), "train", Reversed(), tmp_path).tolist() == [255 - i for i in IDS]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_vocabulary_beyond_16_bits_gets_32(tmp_path):
    class Wide(Bytes):
        vocab_size = 70_000

        def encode_to_array(self, text):
            return super().encode_to_array(text).astype(np.int64) + 69_000

    ids = tokenize(Pieces(TEXT), "train", Wide(), tmp_path)
    assert ids.dtype == np.uint32
    assert ids.tolist() == [i + 69_000 for i in IDS]


def test_an_empty_split_has_no_tokens(tmp_path):
    for _ in range(2):
        assert tokenize(Pieces([]), "train", Bytes(), tmp_path).shape == (0,)


def _damages():
    def flip(at):
        def damage(data):
            data[at] ^= 0x10
            return data

        return damage

    for at in (0, 8, 16, 24, HEADER.size, HEADER.size + 999, -1):
        yield pytest.param(flip(at), id=f"bit flipped in byte {at}")
    yield pytest.param(lambda data: data[:-1], id="last byte missing")
    yield pytest.param(lambda data: data[: HEADER.size], id="only the header")
    yield pytest.param(lambda data: data[:5], id="part of the header")
    yield pytest.param(lambda data: b"", id="empty")
    yield pytest.param(lambda data: data + b"\0\0", id="too long")
    yield pytest.param(lambda data: bytes(len(data)), id="zeros")


@pytest.mark.parametrize("damage", list(_damages()))
def test_a_damaged_file_is_built_again(tmp_path, damage):
    corpus = Pieces(TEXT)
    tokenize(corpus, "train", Bytes(), tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    path.write_bytes(bytes(damage(bytearray(good))))
    assert tokenize(corpus, "train", Bytes(), tmp_path).tolist() == IDS
    assert corpus.read == 6
    assert path.read_bytes() == good


def test_an_interrupted_build_leaves_nothing(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokenize(Pieces(TEXT), "train", Bytes(), tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


# A process that builds the same cache as the tests above: after each piece it says so, and waits for a line.
SLOWLY = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_token_cache import *
def progress(done, total):
    print(done, flush=True)
    sys.stdin.readline()
ids = tokenize(Pieces(TEXT), "train", Bytes(), Path(sys.argv[1]), progress)
assert ids.tolist() == IDS
print("whole")
"""


def _start(folder):
    return subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@unix
def test_a_build_that_was_killed_is_not_mistaken_for_a_whole_one(tmp_path):
    process = _start(tmp_path)
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (part,) = tmp_path.iterdir()
    assert tokenize(Pieces(TEXT), "train", Bytes(), tmp_path).tolist() == IDS
    assert part.exists()  # another process might still be at it
    yesterday = time.time() - 2 * DAY
    os.utime(part, (yesterday, yesterday))
    tokenize(Pieces(TEXT), "validation", Bytes(), tmp_path)
    assert not part.exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_two_processes_may_build_the_same_one_at_once(tmp_path):
    processes = [_start(tmp_path) for _ in range(2)]
    for process in processes:  # both are under way before either is done
        process.stdout.readline()
    for process in processes:
        out, _ = process.communicate()
        assert process.returncode == 0
        assert out.endswith("whole\n")
    assert len(list(tmp_path.iterdir())) == 1
    corpus = Pieces(TEXT)
    assert tokenize(corpus, "train", Bytes(), tmp_path).tolist() == IDS
    assert corpus.read == 0


@unix
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(GroundupError, match=r"Could not write.*Free some space"):
            tokenize(Pieces(TEXT * 200), "train", Bytes(), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(GroundupError):
        tokenize(Pieces(TEXT), "train", Bytes(), tmp_path / "file" / "tokens")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give pages back when they please")
def test_release_gives_the_memory_back(tmp_path):
    np.zeros(2**25, np.uint16).tofile(tmp_path / "tokens")
    ids = np.memmap(tmp_path / "tokens", np.uint16, mode="r")
    me = psutil.Process()
    before = me.memory_info().rss
    assert int(ids[::512].sum()) == 0  # touches each page
    assert me.memory_info().rss - before > 50 * 2**20
    release(ids)
    assert me.memory_info().rss - before < 10 * 2**20
    assert ids[-1] == 0
    release(np.zeros(3))


MEMORY = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_token_cache import *
from groundup.text.batches import RandomWindows, ContiguousStreams
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
class Large(Pieces):
    def pieces(self, split):
        for i in range(100):
            yield chr(97 + i % 26) * 1_000_000
    def size(self, split):
        return 100_000_000
RandomWindows(np.zeros(100, np.uint16), 2, 4, 0).at(0)
before = peak()
ids = tokenize(Large([]), "train", Bytes(), Path(sys.argv[1]))
assert ids.shape == (100_000_000,)
for batches in (RandomWindows(ids, 32, 128, 0), ContiguousStreams(ids, 32, 128, 0)):
    for step in range(400):
        batches.at(step)
print(peak() - before)
"""


@pytest.mark.slow
@unix
def test_memory_stays_far_below_the_size_of_the_text(tmp_path):
    # 100 MB of text, 200 MB of tokens; 12,800 windows would map nearly all of them.
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) > 200_000_000
    assert int(done.stdout) < 80 * 2**20
