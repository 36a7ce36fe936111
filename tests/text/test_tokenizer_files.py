"""`tokenizer.json`: written and read again, and read by the `tokenizers` library to the same ids."""

import base64
import json
from contextlib import suppress

import pytest
import tokenizers as library
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.text import bpe
from groundup.text.bpe_tokenizer import BPE
from groundup.text.byte_level import byte_name
from groundup.text.pre_tokenization import GPT2_PATTERN, SPLIT_PATTERN
from groundup.text.tokenizers import TOKENIZERS, load_tokenizer, save_tokenizer, train_tokenizer
from groundup.text.vocabularies import load_vocabulary
from groundup.text.wordpiece import WordPiece

FOX = "The quick brown fox jumps over the lazy dog 🦊"
PROSE = FOX + ', and the dog\'s naïve friend (Zoë) said: "12 foxes!" 日本 #!\n\n' + "aaaa bbbb  the\tthe. "
SPECIAL = ("<|endoftext|>", "<|endoftext|>x")
SIZES = {"wordpiece": {"vocab_size": 200}, "bpe": {"vocab_size": 400}}

mixed = st.text(st.sampled_from("the quickfox,.'ï日!#\n\t \u00a0\u1680(🦊)19\x1c\x85"))
samples = mixed | st.text() | st.lists(st.sampled_from([*PROSE.split(" "), *SPECIAL, "[UNK]"])).map(" ".join)


@pytest.fixture(scope="module", params=list(TOKENIZERS))
def tokenizer_files(request, tmp_path_factory):
    """A tokenizer of each kind, its file, and the library's tokenizers of that file."""
    options = SIZES.get(request.param, {})
    tokenizer = train_tokenizer(request.param, [PROSE] * 3, special_tokens=SPECIAL, **options)
    path = tmp_path_factory.mktemp(request.param) / "tokenizer.json"
    save_tokenizer(tokenizer, path)
    allowing, ordinary = (library.Tokenizer.from_file(str(path)) for _ in range(2))
    ordinary.encode_special_tokens = True
    return tokenizer, path, allowing, ordinary


@settings(max_examples=400, deadline=None)
@given(text=samples)
def test_the_library_gives_the_same_ids(tokenizer_files, text):
    tokenizer, _, allowing, ordinary = tokenizer_files
    assert tokenizer.encode(text) == ordinary.encode(text).ids
    assert tokenizer.encode(text, allow_special=True) == allowing.encode(text).ids
    assert not set(tokenizer.encode(text)) & set(tokenizer.special_tokens.values())


def test_the_library_has_the_same_vocabulary(tokenizer_files):
    tokenizer, _, allowing, _ = tokenizer_files
    assert allowing.get_vocab_size() == tokenizer.vocab_size == len(tokenizer.tokens())
    assert len(tokenizer.special_tokens) == 2


@given(text=st.lists(st.sampled_from(PROSE.split(" "))).map(" ".join))
def test_the_library_decodes_to_the_same_text(tokenizer_files, text):
    tokenizer, _, allowing, _ = tokenizer_files
    if not tokenizer.lost(text):
        assert allowing.decode(tokenizer.encode(text), skip_special_tokens=False) == text


def test_reading_a_file_gives_an_equal_tokenizer(tokenizer_files):
    tokenizer, path, _, _ = tokenizer_files
    again = load_tokenizer(path)
    assert type(again) is type(tokenizer)
    assert again == tokenizer
    assert again.tokens() == tokenizer.tokens()
    assert again.special_tokens == tokenizer.special_tokens
    assert again.encode(PROSE, allow_special=True) == tokenizer.encode(PROSE, allow_special=True)
    assert load_tokenizer(path.parent) == tokenizer  # a run's folder will do


def test_tokenizers_that_differ_are_not_equal():
    few, many = (BPE.train([PROSE] * 3, vocab_size=size) for size in (300, 301))
    assert few != many
    assert few != train_tokenizer("bytes", [])


def test_bert_is_read_again_as_bert(tmp_path):
    bert = WordPiece(["[PAD]", "[UNK]", "[CLS]", "the", "fox", "##es"], {"[PAD]": 0, "[CLS]": 2}, bert=True)
    save_tokenizer(bert, tmp_path / "tokenizer.json")
    peer = library.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    again = load_tokenizer(tmp_path / "tokenizer.json")
    assert again == bert
    assert again.encode("The FOXES") == peer.encode("The FOXES").ids == [3, 4, 5]


# ---- what can be wrong --------------------------------------------------------------------------------


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(GroundupError, match="There is no tokenizer at"):
        load_tokenizer(tmp_path / "tokenizer.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b"{}", b"\xff\xfe", b'{"model": {"type": "BPE"}, "pre_tokenizer": null}'],
)
def test_a_damaged_file_is_an_error(tmp_path, content):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(GroundupError):
        load_tokenizer(tmp_path / "tokenizer.json")


@pytest.mark.parametrize("kind", list(TOKENIZERS))
def test_a_file_cut_short_anywhere_is_an_error(tmp_path, kind):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(train_tokenizer(kind, [PROSE] * 3, **SIZES.get(kind, {})), path)
    whole = path.read_bytes()
    for part in range(0, len(whole) - 2, len(whole) // 20):
        path.write_bytes(whole[:part])
        with pytest.raises(GroundupError, match="damaged"):
            load_tokenizer(path)


@pytest.mark.parametrize("kind", list(TOKENIZERS))
def test_a_file_that_lacks_a_part_of_the_model_gives_no_traceback(tmp_path, kind):
    whole = train_tokenizer(kind, [PROSE] * 3, **SIZES.get(kind, {})).to_json()
    path = tmp_path / "tokenizer.json"
    for part in whole["model"]:
        less = {**whole, "model": {key: value for key, value in whole["model"].items() if key != part}}
        path.write_text(json.dumps(less), encoding="utf-8")
        with suppress(GroundupError):  # some parts can be left out
            assert load_tokenizer(path).kind == kind


def test_what_groundup_does_not_do_is_an_error_that_says_so(tmp_path):
    unigram = library.Tokenizer(library.models.Unigram())
    unigram.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(GroundupError, match="Unigram"):
        load_tokenizer(tmp_path / "tokenizer.json")


def test_unknown_kinds_and_options_are_errors_that_suggest():
    with pytest.raises(GroundupError, match="Did you mean 'words'"):
        train_tokenizer("word", [PROSE])
    with pytest.raises(GroundupError, match="Did you mean 'vocab_size'"):
        train_tokenizer("bpe", [PROSE], vocabsize=300)
    with pytest.raises(GroundupError, match="one string"):
        train_tokenizer("bpe", PROSE)


# ---- vocabularies of others ---------------------------------------------------------------------------


def test_gpt2_files_of_our_own_merges(tmp_path):
    tokenizer = BPE.train([PROSE] * 3, vocab_size=320)
    names = {byte_name(token): index for token, index in tokenizer.ranks.items()}
    encoder, merges = tmp_path / "encoder.json", tmp_path / "vocab.bpe"
    encoder.write_text(json.dumps({**names, "<|endoftext|>": 320}), encoding="utf-8")
    lines = [f"{byte_name(left)} {byte_name(right)}" for left, right in tokenizer.merges]
    merges.write_text("\n".join(["#version: 0.2", *lines]) + "\n", encoding="utf-8")
    read = BPE.from_gpt2(encoder, merges)
    assert read.ranks == tokenizer.ranks
    assert read.merges == tokenizer.merges
    assert read.special_tokens == {"<|endoftext|>": 320}
    assert read.pattern == GPT2_PATTERN


def test_a_tiktoken_file_of_our_own_merges(tmp_path):
    tokenizer = BPE.train([PROSE] * 3, vocab_size=320)
    file = tmp_path / "ours.tiktoken"
    file.write_bytes(b"".join(base64.b64encode(t) + b" %d\n" % i for t, i in tokenizer.ranks.items()))
    assert BPE.from_tiktoken(file, SPLIT_PATTERN) == tokenizer
    file.write_bytes(b"not base 64\n")
    with pytest.raises(GroundupError, match=r"not a \.tiktoken file"):
        BPE.from_tiktoken(file, SPLIT_PATTERN)


def test_a_file_of_the_library_is_read(tmp_path):
    """With the library's own GPT-2 pattern, and merges that the library learnt."""
    peer = library.ByteLevelBPETokenizer()
    peer.train_from_iterator([PROSE] * 5, vocab_size=330, min_frequency=2, show_progress=False)
    peer.save(str(tmp_path / "tokenizer.json"))
    ours = load_tokenizer(tmp_path / "tokenizer.json")
    assert ours.encode(PROSE) == peer.encode(PROSE).ids


def test_the_library_learns_as_good_merges_as_we_do():
    """Ties fall otherwise, so the merges differ; the length of the text must not."""
    peer = library.ByteLevelBPETokenizer()
    peer.train_from_iterator([PROSE] * 5, vocab_size=330, min_frequency=2, show_progress=False)
    ours = BPE.from_merges(bpe.train([PROSE] * 5, 330 - 256))
    assert abs(len(ours.encode(PROSE)) - len(peer.encode(PROSE).ids)) <= 3


REAL = {
    "gpt2": ([464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290, 12520, 99, 232], [301, 1831, 8396]),
    "cl100k": ([791, 4062, 14198, 39935, 35308, 927, 279, 16053, 5679, 11410, 99, 232], [496, 675, 15717]),
    "o200k": ([976, 4853, 19705, 68347, 65613, 1072, 290, 29082, 6446, 9552, 99, 232], [302, 1618, 19772]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(REAL))
def test_the_real_vocabularies(tmp_path, name):
    try:
        tokenizer = load_vocabulary(name)
    except GroundupError as error:
        pytest.skip(str(error))
    fox, strawberry = REAL[name]
    assert tokenizer.encode(FOX) == fox
    assert tokenizer.encode("strawberry") == strawberry
    assert tokenizer.decode(fox) == FOX
    save_tokenizer(tokenizer, tmp_path / "tokenizer.json")
    peer = library.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = (PROSE + "I'LL go,\r\n\r\n  it's 123456 o'clock; don't!\t\tcamelCase <|endoftext|> x") * 3
    assert peer.encode(text).ids == tokenizer.encode(text, allow_special=True)
    assert load_tokenizer(tmp_path / "tokenizer.json") == tokenizer
