"""Corpora: each kind of name, the exact splits, pieces that tokenize like the whole, and all that is bad."""

import hashlib
import io
import json
import os
import sys
import tracemalloc
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.text import corpora, text_files
from groundup.text.assets import ASSETS, fetch
from groundup.text.corpora import corpus_from_texts, in_pieces, list_corpora, load_corpus

PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
PROSE = "It was the best of times, it was the worst of times,\nit was the age of wisdom.\n\n"


def write(path: Path, data: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


# ---- pieces ----------------------------------------------------------------------------------------------

SCRAPS = st.sampled_from(
    [*" \n\n\t.,'-aZ9é水\u00a0\r\"/", "  ", ".\n", ".\n\n", "'ll", " the", "\r\n", "?!", "\n \n"]
)
TEXTS = st.lists(SCRAPS, max_size=60).map("".join)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
@settings(max_examples=300, deadline=None)
@given(text=TEXTS, size=st.integers(1, 12), portion=st.integers(1, 20))
def test_pieces_tokenize_like_the_whole(pattern, text, size, portion):
    portions = [text[start : start + portion] for start in range(0, len(text), portion)]
    pieces = list(in_pieces(portions, size))
    assert "".join(pieces) == text
    if max(map(len, pieces), default=0) < 8 * size:  # else it was cut in the middle of an endless word
        split = regex.compile(pattern)
        assert [token for piece in pieces for token in split.findall(piece)] == split.findall(text)


def test_pieces_are_about_the_size_asked_for():
    text = PROSE * 1000
    lengths = [len(piece) for piece in in_pieces([text], 1000)]
    assert all(1000 <= length < 1020 for length in lengths[:-1])
    assert [len(piece) for piece in in_pieces(["x" * 10_000], 1000)] == [8000, 2000]
    assert list(in_pieces([], 10)) == []


# ---- files -----------------------------------------------------------------------------------------------


def test_a_file_trains_on_all_but_its_last_tenth(tmp_path):
    text = PROSE * 100
    name = write(tmp_path / "times.txt", text)
    corpus = load_corpus(name)
    train, validation = corpus.text("train"), corpus.text("validation")
    assert train + validation == text
    assert validation[0].isspace()
    assert not train[-1].isspace()
    assert 0.085 * len(text) < len(validation) <= len(text) // 10
    assert (corpus.size("train"), corpus.size("validation")) == (len(train), len(validation))
    assert (corpus.name, corpus.spec, corpus.notes) == ("times.txt", str(tmp_path / "times.txt"), ())
    assert "".join(corpus.pieces("train")) == train
    with pytest.raises(GroundupError, match="no split 'test'"):
        corpus.text("test")


def test_validation_is_at_most_256_kb(tmp_path):
    corpus = load_corpus(write(tmp_path / "long.txt", PROSE * 50_000))
    assert 255_900 < corpus.size("validation") <= 256_000
    assert corpus.size("train") + corpus.size("validation") == 50_000 * len(PROSE)


def test_the_fingerprint_is_of_the_text_and_its_split(tmp_path):
    first = load_corpus(write(tmp_path / "a.txt", PROSE * 100))
    again = load_corpus(write(tmp_path / "b.txt", (PROSE * 100).replace("\n", "\r\n")))
    other = load_corpus(write(tmp_path / "c.txt", PROSE * 100 + "."))
    assert len(first.fingerprint) == 64
    assert first.fingerprint == again.fingerprint != other.fingerprint
    train, validation = first.text("train"), first.text("validation")
    assert corpus_from_texts("same", train, validation).fingerprint == first.fingerprint
    assert corpus_from_texts("moved", train[:-1], train[-1] + validation).fingerprint != first.fingerprint


def test_it_is_found_again_by_its_spec_from_elsewhere(tmp_path, monkeypatch):
    write(tmp_path / "a.txt", PROSE * 20)
    write(tmp_path / "b.txt", PROSE * 30)
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "a.txt,b.txt", ".", ["a.txt", "b.txt"], ["b.txt"]):
        corpus = load_corpus(name)
        with monkeypatch.context() as patch:
            patch.chdir("/")
            assert load_corpus(corpus.spec).fingerprint == corpus.fingerprint


def test_windows_line_ends_and_marks_are_read_as_plain_text_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "BLOCK", 7)  # line ends and characters fall across blocks
    text = "naïve 水 and 🙂\r\n\r\nlone \r stays\r\n" * 20 + "\r"
    corpus = load_corpus(write(tmp_path / "windows.txt", b"\xef\xbb\xbf" + text.encode()))
    assert corpus.text("train") + corpus.text("validation") == text.replace("\r\n", "\n")
    assert corpus.notes == (
        "Windows line ends were read as plain ones",
        "the byte-order mark at the start was dropped",
    )


def test_text_without_spaces_is_cut_at_a_character(tmp_path):
    corpus = load_corpus(write(tmp_path / "chinese.txt", "天地玄黃宇宙洪荒" * 50))
    assert corpus.text("train") + corpus.text("validation") == "天地玄黃宇宙洪荒" * 50
    assert corpus.size("validation") in (118, 119, 120)


def test_a_huge_file_takes_little_memory(tmp_path):
    path = tmp_path / "huge.txt"
    line = b"All work and no play makes Jack a dull boy.\n"
    with path.open("wb") as file:
        for _ in range(60):
            file.write(line * (2**20 // len(line)))
    tracemalloc.start()
    try:
        corpus = load_corpus(str(path))
        size = sum(len(piece) for piece in corpus.pieces("train"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == corpus.size("train") > 62_000_000
    assert peak < 16_000_000


def test_several_files_and_folders_are_one_text_with_an_empty_line_between(tmp_path):
    write(tmp_path / "b.md", PROSE * 3)
    write(tmp_path / "a.txt", "no line end" * 20)
    write(tmp_path / "empty.txt", "")
    write(tmp_path / "deep" / "C.TXT", PROSE)
    write(tmp_path / "photo.png", b"\x00\x01")
    write(tmp_path / ".hidden" / "d.txt", "hidden")
    write(tmp_path / ".e.txt", "hidden")
    whole = "no line end" * 20 + "\n\n" + PROSE * 3 + "\n" + PROSE
    corpus = load_corpus(str(tmp_path))
    assert corpus.text("train") + corpus.text("validation") == whole
    named = load_corpus([str(tmp_path / "a.txt"), str(tmp_path / "b.md"), str(tmp_path / "deep")])
    assert named.fingerprint == corpus.fingerprint
    assert named.name == "a.txt and 2 more"
    assert load_corpus(named.spec).fingerprint == corpus.fingerprint


def test_a_comma_in_a_file_name(tmp_path):
    name = write(tmp_path / "to be, or not.txt", PROSE * 5)
    assert load_corpus(name).name == "to be, or not.txt"
    with pytest.raises(GroundupError, match="has a comma in its name"):
        load_corpus([name, write(tmp_path / "b.txt", PROSE)])


# ---- bad input -------------------------------------------------------------------------------------------

BAD = [
    (b"", r"is empty\. Name a file"),
    (b"a", r"holds only 1 byte of text.*at least 100"),
    (b"\xef\xbb\xbfabc\r\n", r"holds only 4 bytes"),
    (b"a" * 5000, r"holds only the character 'a'"),
    (b" \n\t" * 500, r"holds only white space"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), r"is not a text file: it has a zero byte at byte 8"),
    (b"text " * 20 + b"\x00", r"zero byte at byte 100"),
    (bytes(range(1, 128)) * 20, r"is not a text file: it is full of control characters"),
    (
        b"\x1f\x8b" + bytes([*range(1, 32), *range(128, 200)]) * 9,
        r"is not a text file: it is full of control",
    ),
    ("Grüße aus Köln. ".encode("latin-1") * 20, r"byte 2 does not fit \(perhaps it is latin-1\).*latin-1"),
    ("They said “no”. ".encode("cp1252") * 20, r"byte 10 does not fit \(perhaps it is cp1252\)"),
    ((PROSE * 20).encode("utf-16"), r"is UTF-16 text, not UTF-8\. Convert it"),
    ((PROSE * 20).encode("utf-32"), r"is UTF-32 text, not UTF-8\. Convert it"),
    (("é" * 100).encode()[:-1], r"byte 198 does not fit"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_bad_files_are_refused_with_what_to_do(tmp_path, data, message):
    name = write(tmp_path / "bad.txt", data)
    with pytest.raises(GroundupError, match=message) as caught:
        load_corpus(name)
    assert caught.value.hint


def test_the_byte_that_does_not_fit_is_counted_over_blocks_and_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "BLOCK", 7)
    data = b"\xef\xbb\xbf" + "é".encode() * 50 + b"\xff" + PROSE.encode()
    with pytest.raises(GroundupError, match="byte 103 does not fit"):
        load_corpus(write(tmp_path / "bad.txt", data))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_the_command_that_converts_works(tmp_path, encoding):
    text = "“Grüße”, he said. " * 20 if encoding == "cp1252" else "Grüße aus Köln. " * 20
    with pytest.raises(GroundupError) as caught:
        load_corpus(write(tmp_path / "old.txt", text.encode(encoding)))
    program = caught.value.hint.split('-c "')[1].removesuffix('"')
    exec(program, {})
    corpus = load_corpus(str(tmp_path / "old-utf8.txt"))
    assert corpus.text("train") + corpus.text("validation") == text


def test_a_missing_file_suggests_what_is_near(tmp_path, monkeypatch):
    write(tmp_path / "macbeth.txt", PROSE)
    monkeypatch.chdir(tmp_path)
    for name, message in [
        ("macbet.txt", "no file 'macbet.txt'. Did you mean 'macbeth.txt'"),
        ("shakespere", "Did you mean 'shakespeare'"),
        ("zzz", "Known: shakespeare.*storyworld; or name a text file"),
        ("no/such/file.txt", "The folder .* does not exist either"),
        ("macbeth.txt,other.txt", "no file 'other.txt'"),
        ("x" * 5000, "cannot be looked for"),
        ([], "No corpus was named"),
    ]:
        with pytest.raises(GroundupError, match=message):
            load_corpus(name)


def test_a_folder_without_text_and_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    write(tmp_path / "pictures" / "photo.png", b"\x00")
    with pytest.raises(GroundupError, match=r"no text file in the folder .*\.txt, \.text, \.md"):
        load_corpus(str(tmp_path / "pictures"))
    name = write(tmp_path / "secret.txt", PROSE * 10)
    if os.name != "nt" and os.geteuid() != 0:
        Path(name).chmod(0)
    else:  # root may read anything

        def refuse(self, *_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(GroundupError, match="cannot be read: Permission denied"):
        load_corpus(name)


@pytest.mark.skipif(os.name == "nt", reason="no named pipes in the file system")
def test_a_named_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(GroundupError, match="is not a plain file"):
        load_corpus(str(tmp_path / "pipe"))


# ---- standard input and the hub --------------------------------------------------------------------------


class Pipe:
    def __init__(self, data: bytes, terminal: bool = False):
        self.buffer = io.BytesIO(data)
        self.isatty = lambda: terminal


def test_standard_input_is_kept_so_that_a_run_finds_it_again(home, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "stdin", Pipe(PROSE.encode() * 50))
    corpus = load_corpus("-", lambda *done: seen.append(done))
    assert corpus.name == "stdin"
    assert seen == [(50 * len(PROSE), None, "reading standard input")]
    assert Path(corpus.spec).is_relative_to(home)
    again = load_corpus(corpus.spec)
    assert again.fingerprint == corpus.fingerprint
    assert again.text("train") + again.text("validation") == PROSE * 50
    monkeypatch.setattr(sys, "stdin", Pipe(b"", terminal=True))
    with pytest.raises(GroundupError, match="nothing is piped in"):
        load_corpus("-")
    monkeypatch.setattr(sys, "stdin", Pipe(b""))
    with pytest.raises(GroundupError, match="is empty"):
        load_corpus("-")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A data set that `datasets` itself reads, from a folder that stands for the hub."""
    rows = [{"text": f"{number}. {PROSE}", "title": "Times", "year": 1859} for number in range(100)]
    folder = tmp_path / "dickens" / "times"
    write(folder / "data.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write(tmp_path / "dickens" / "plain" / "data.jsonl", '{"body": "hello", "n": 1}\n' * 100)
    write(tmp_path / "dickens" / "two" / "data.jsonl", '{"one": "hello", "other": "world"}\n' * 100)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return "".join(row["text"].strip() + "\n\n" for row in rows)


@pytest.mark.slow
def test_a_data_set_on_the_hub_is_streamed_into_a_file(hub, tmp_path):
    seen = []
    corpus = load_corpus("hf:dickens/times", lambda *done: seen.append(done))
    assert corpus.text("train") + corpus.text("validation") == hub
    assert seen[-1] == (len(hub), 200_000_000, "reading dickens/times")
    assert corpus.name == "dickens/times"
    small = load_corpus("hf:dickens/times:text:2kB")
    whole = small.text("train") + small.text("validation")
    assert hub.startswith(whole)
    assert 1800 < len(whole) <= 2000
    assert load_corpus("hf:dickens/plain:1kB").text("train").startswith("hello\n\nhello")
    (tmp_path / "dickens" / "times" / "data.jsonl").unlink()
    assert load_corpus(corpus.spec).fingerprint == corpus.fingerprint  # it is kept


@pytest.mark.slow
def test_what_can_be_wrong_with_a_data_set(hub, monkeypatch):
    for name, message in [
        ("hf:dickens/two", "does not say which column is the text.*Columns with text: one, other"),
        ("hf:dickens/times:words", "has no column 'words'.*text, title"),
        ("hf:dickens/times:year", "Column 'year' of 'dickens/times' holds int, not text"),
        ("hf:dickens", "does not name a data set"),
        ("hf:", "does not name a data set"),
        ("hf:dickens/times:text:2parsecs", "'2parsecs' is not a size"),
    ]:
        with pytest.raises(GroundupError, match=message):
            load_corpus(name)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(
        GroundupError, match=r"'missing/nothing' could not be read: .*Offline, use a text file"
    ):
        load_corpus("hf:missing/nothing")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        GroundupError, match=r"not installed. Install it: `pip install 'groundup\[datasets\]'`"
    ):
        load_corpus("hf:missing/nothing")


# ---- the texts that have names ---------------------------------------------------------------------------


def test_storyworld_follows_its_options():
    corpus = load_corpus("storyworld:40kB:seed=7")
    assert 40_000 <= corpus.size("train") < 42_000
    assert 4_000 <= corpus.size("validation") < 6_000
    assert corpus.text("train") == corpus.text("train")
    assert load_corpus(corpus.spec).fingerprint == corpus.fingerprint
    assert load_corpus("storyworld:40kB:seed=8").fingerprint != corpus.fingerprint
    assert corpus.text("validation")[:100] not in corpus.text("train")
    for name in ("storyworld:huge", "storyworld:2MB:sead=7", "storyworld:0MB", "storyworld:2"):
        with pytest.raises(GroundupError, match="is not a size"):
            load_corpus(name)
    with pytest.raises(GroundupError, match="'alice' takes no options"):
        load_corpus("alice:2MB")


def test_a_text_with_a_published_split_keeps_it(tmp_path, monkeypatch):
    text = "".join(f"line {number} of the published text\n" for number in range(9000))
    unpublished = load_corpus(write(tmp_path / "text.txt", text))
    assert unpublished.size("validation") != 12_345
    monkeypatch.setitem(text_files.PUBLISHED, hashlib.sha256(text.encode()).hexdigest(), 12_345)
    published = load_corpus(write(tmp_path / "text.txt", text))
    assert published.text("validation") == text[-12_345:]
    assert published.text("train") == text[:-12_345]
    assert published.fingerprint != unpublished.fingerprint


def test_tiny_shakespeare_has_its_published_split_wherever_it_lies(tinyshakespeare, home, tmp_path):
    text = tinyshakespeare.read_text(encoding="utf-8")
    corpus = load_corpus(str(tinyshakespeare))
    assert corpus.text("train") == text[:1_003_854]
    assert corpus.text("validation") == text[1_003_854:]
    assert corpus.size("validation") == 111_540
    write(ASSETS["tinyshakespeare"].folder / "tinyshakespeare.txt", text)  # put there by hand
    named = load_corpus("tinyshakespeare")
    assert named.fingerprint == corpus.fingerprint
    assert (named.spec, named.licence) == ("tinyshakespeare", "public domain")
    crlf = load_corpus(write(tmp_path / "crlf.txt", text.replace("\n", "\r\n")))
    assert crlf.fingerprint == corpus.fingerprint


def test_shakespeare_holds_two_whole_plays_back(shakespeare):
    corpus = load_corpus(shakespeare)
    train, validation = corpus.text("train"), corpus.text("validation")
    assert validation.startswith("MACBETH\n\nby William Shakespeare")
    assert "\nTWELFTH NIGHT; OR, WHAT YOU WILL\n" in validation
    assert train.count("by William Shakespeare\n") == 40
    assert validation.count("by William Shakespeare\n") == 2
    assert "Tomorrow, and tomorrow, and tomorrow" not in train
    assert "If music be the food of love" in validation
    assert corpus.size("train") + corpus.size("validation") == len(train) + len(validation) == 5_057_359
    assert 200_000 < corpus.size("validation") < 256_000
    assert len(set(train)) == 84
    assert set(validation) <= set(train)
    assert corpus.fingerprint == load_corpus(corpus.spec).fingerprint
    assert [info for info in list_corpora() if info.fetched and info.name == "shakespeare"]
    pieces = list(corpus.pieces("train"))
    assert len(pieces) == 5
    assert "".join(pieces) == train


def test_altered_files_of_an_asset_are_an_error(shakespeare, home):
    plays = home / "cache" / "assets" / "shakespeare"
    text = (plays / "hamlet_gut.txt").read_bytes()
    (plays / "hamlet_gut.txt").write_bytes(b"\xff" + text[1:])
    with pytest.raises(GroundupError, match=r"are not what was fetched.*groundup assets remove shakespeare"):
        load_corpus(shakespeare)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The smaller assets, fetched for real."""
    home = tmp_path_factory.mktemp("library")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDUP_HOME", str(home))
        for name in ("alice", "names", "sotu"):
            try:
                fetch(name)
            except GroundupError as error:
                pytest.skip(f"no source of '{name}' can be reached: {error.what}")
    return home


@pytest.mark.slow
def test_the_other_real_texts(library, monkeypatch):
    monkeypatch.setenv("GROUNDUP_HOME", str(library))
    alice = load_corpus("alice")
    train, validation = alice.text("train"), alice.text("validation")
    assert train.startswith("ALICE'S ADVENTURES IN WONDERLAND\n\nLewis Carroll")
    assert validation.startswith("CHAPTER XI. Who Stole the Tarts?")
    assert validation.endswith("THE END\n")
    assert "Gutenberg" not in train + validation

    names = load_corpus("names")
    train, validation = (names.text(split).splitlines() for split in corpora.SPLITS)
    assert len(train) + len(validation) == 91_910
    assert len({*train, *validation}) == 91_910
    assert set("".join(train)) == set("abcdefghijklmnopqrstuvwxyz")
    assert len(validation) == 9191
    # A fair split: the commonest names, at the top of the census files, are in the right proportion.
    common = {"smith", "johnson", "williams", "mary", "patricia", "james", "john", "robert"}
    assert len(common & set(train)) >= 5

    sotu = load_corpus("sotu")
    train, validation = sotu.text("train"), sotu.text("validation")
    assert train.count("\n\n") + validation.count("\n\n") >= 233
    assert train.startswith(
        "Fellow-Citizens of the Senate and House of Representatives: In meeting you again"
    )
    assert 200_000 < sotu.size("validation") <= 256_000
    assert "God bless you" in train

    sizes = {info.name: info.size for info in list_corpora()}
    for corpus in (alice, names, sotu):
        assert sizes[corpus.name] == corpus.size("train") + corpus.size("validation")


def test_the_table_of_corpora():
    rows = {info.name: info for info in list_corpora()}
    assert set(rows) == {"shakespeare", "tinyshakespeare", "alice", "names", "sotu", "storyworld"}
    assert rows["storyworld"].fetched
    assert not rows["shakespeare"].fetched
    assert all(info.size > 100_000 and info.licence and info.title for info in rows.values())
