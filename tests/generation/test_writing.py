"""Nothing leaks that should not, and nothing is lost: with every tokenizer, and however text is cut."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.generation.beam import beam_search
from groundup.generation.generate import generate
from groundup.generation.sampling import Sampling
from groundup.generation.writing import (
    END_OF_TEXT,
    unknown_in,
    write,
    write_batch,
    write_likeliest,
    write_stream,
)
from groundup.models.contract import LanguageModel
from groundup.text.bpe_tokenizer import BPE
from groundup.text.byte_level import Bytes
from groundup.text.characters import Characters
from groundup.text.wordpiece import WordPiece
from groundup.text.words import Words

TEXT = (
    "the cat sat on the mat, and the dog sat on the cat.\nthen the mat was flat, and so was the cat.\n\n"
    "a bird saw it: « été », 猫🙂!\n"
) * 12
TOKENIZERS = {
    "characters": lambda: Characters.train([TEXT]),
    "bytes": Bytes,
    "words": lambda: Words.train([TEXT]),
    "wordpiece": lambda: WordPiece.train([TEXT], vocab_size=80),
    "bpe": lambda: BPE.train([TEXT], vocab_size=300),
}


class Parrot(LanguageModel):
    """Says the ids it was given, one after the other, whatever it reads; its memory counts what was read."""

    context = None

    def __init__(self, ids, vocab_size, prompt_length=1):
        super().__init__()
        self.vocab_size = vocab_size
        self.ids, self.prompt_length = ids, prompt_length
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, tokens, memory=None):
        batch, time = tokens.shape
        read = int(memory[0][0, 0]) if memory else 0
        logits = torch.zeros(batch, time, self.vocab_size)
        for place in range(time):
            spoken = read + place + 1 - self.prompt_length
            if 0 <= spoken < len(self.ids):
                logits[:, place, self.ids[spoken]] = 100.0
        return logits, (torch.full((batch, 1), read + time),)

    def flops_per_token(self, time):
        raise NotImplementedError

    def memory_per_token(self):
        raise NotImplementedError


def parrot(text: str, tokenizer=None) -> tuple[Parrot, Bytes | BPE]:
    tokenizer = tokenizer or Bytes()
    return Parrot(tokenizer.encode(text), tokenizer.vocab_size), tokenizer


GREEDY = Sampling(temperature=0)


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_with_every_tokenizer_the_stream_is_the_whole_and_the_whole_is_the_tokens(kind, make_gpt):
    tokenizer = TOKENIZERS[kind]()
    model = make_gpt(vocab=tokenizer.vocab_size, context=16)
    for prompt in ("the cat", "the cat ", "", "\n"):
        for seed in range(2):
            sampling = Sampling(seed=seed)
            whole = write(model, tokenizer, prompt, 30, sampling)
            assert "".join(write_stream(model, tokenizer, prompt, 30, sampling)) == whole.text
            assert (whole.prompt, whole.finish_reason, len(whole.tokens)) == (prompt, "length", 30)
            start = tokenizer.encode(prompt or "\n")
            assert whole.tokens == generate(model, start, 30, sampling)
            # The text is what the new tokens add to the prompt's.
            after = tokenizer.decode(start)
            assert whole.text == tokenizer.decode(start + whole.tokens)[len(after) :]


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_batch_writes_what_each_prompt_writes_alone(kind, make_gpt):
    tokenizer = TOKENIZERS[kind]()
    model = make_gpt(vocab=tokenizer.vocab_size, context=16)
    prompts = ["the", "the cat sat on the mat, and the dog sat", "", "a bird"]
    free = write_batch(model, tokenizer, prompts, 40, Sampling(seed=2))
    stop = [free[1].text[15], free[3].text[20:22]]
    batch = write_batch(model, tokenizer, prompts, 40, Sampling(seed=2), stop=stop)
    assert batch == [
        write(model, tokenizer, prompt, 40, Sampling(seed=2 + row), stop=stop)
        for row, prompt in enumerate(prompts)
    ]
    assert len({len(result.tokens) for result in batch}) > 1  # they ended at different places


def test_the_likeliest_text_is_that_of_beam_search_up_to_the_stop_string(make_gpt):
    tokenizer = TOKENIZERS["characters"]()
    model = make_gpt(vocab=tokenizer.vocab_size, context=16)
    ids = beam_search(model, tokenizer.encode("the"), 12, 4)[0][0]
    whole = write_likeliest(model, tokenizer, "the", 12, 4)
    assert (whole.tokens, whole.text, whole.finish_reason) == (ids, tokenizer.decode(ids), "length")
    stop = whole.text[5:7]
    cut = write_likeliest(model, tokenizer, "the", 12, 4, stop=[stop])
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.find(stop)], "stop")
    assert write_likeliest(model, tokenizer, "", 12, 1).text == write(model, tokenizer, "", 12, GREEDY).text


def test_a_seed_is_a_text(make_gpt):
    tokenizer = Bytes()
    model = make_gpt(vocab=tokenizer.vocab_size)
    texts = [write(model, tokenizer, "a", 30, Sampling(seed=seed)).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_characters_never_come_out_in_halves():
    text = "né 猫 🙂 ok"
    model, tokenizer = parrot(text)
    pieces = list(write_stream(model, tokenizer, "x", len(text.encode()), GREEDY))
    assert pieces == list(text)
    # Cut off in the middle of the cat: what is there shows as one replacement character, at the very end.
    cut = list(write_stream(model, tokenizer, "x", len("né ".encode()) + 2, GREEDY))
    assert cut == ["n", "é", " ", "\ufffd"]


@given(
    text=st.text("ab\n", max_size=25),
    stop=st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_stop_strings_end_the_text_where_they_first_complete(text, stop):
    model, tokenizer = parrot(text)
    result = write(model, tokenizer, "x", len(text), GREEDY, stop=stop)
    # The plain way: type letter by letter; once the text ends with a stop string, take the longest off.
    typed, ended = "", False
    for letter in text:
        typed += letter
        if endings := [s for s in stop if typed.endswith(s)]:
            typed, ended = typed.removesuffix(max(endings, key=len)), True
            break
    assert result.text == typed
    assert result.finish_reason == ("stop" if ended else "length")
    pieces = list(write_stream(model, tokenizer, "x", len(text), GREEDY, stop=stop))
    assert "".join(pieces) == typed


@given(
    text=st.text("ab é", max_size=25),
    stop=st.lists(st.text("ab é", min_size=1, max_size=4), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_it_does_not_matter_how_the_text_is_cut_into_tokens(text, stop):
    letters = parrot(text)
    pairs = parrot(text, BPE.train(["ab a ab é ab ba aa é b" * 3], vocab_size=266))
    item, other = (
        write(model, tokenizer, "a", len(model.ids), GREEDY, stop=stop)
        for model, tokenizer in (letters, pairs)
    )
    assert (item.text, item.finish_reason) == (other.text, other.finish_reason)


def test_the_stop_string_that_is_complete_first_counts_also_within_one_token():
    tokenizer = BPE.train(["abc abc abc abc"], vocab_size=258)
    model, _ = parrot("abc", tokenizer)
    assert len(model.ids) == 1
    assert write(model, tokenizer, "x", 1, GREEDY, stop=["abc", "b"]).text == "a"  # "ab": "b" is complete
    assert write(model, tokenizer, "x", 1, GREEDY, stop=["abc", "bc"]).text == ""


def test_the_first_word_has_the_space_that_the_prompt_makes_necessary():
    tokenizer = WordPiece(["[UNK]", "the", "cat", "##s", "."], bert=True)
    model = Parrot([2, 3, 4], tokenizer.vocab_size)
    assert write(model, tokenizer, "the", 3, GREEDY).text == " cats."
    assert write(model, tokenizer, "", 3, GREEDY).text == "cats."


def test_a_possible_stop_string_waits_and_no_longer():
    model, tokenizer = parrot("a\nb\n\nc")
    assert list(write_stream(model, tokenizer, "x", 6, GREEDY, stop=["\n\n"])) == ["a", "\nb"]
    # A single string is one stop string, not one for each letter.
    assert write(model, tokenizer, "x", 6, GREEDY, stop="\n\n").text == "a\nb"
    # What waited when the tokens ran out comes out after all.
    assert list(write_stream(model, tokenizer, "x", 4, GREEDY, stop=["\n\n"])) == ["a", "\nb", "\n"]


def test_a_stop_string_stops_the_model_too():
    model, tokenizer = parrot("one. two. three.")
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    result = write(model, tokenizer, "x", 16, GREEDY, stop=["."])
    assert (result.text, tokenizer.decode(result.tokens)) == ("one", "one.")
    assert len(calls) == 4


def test_the_end_of_text_token_starts_ends_and_never_shows():
    tokenizer = Bytes(special_tokens=[END_OF_TEXT])
    end = tokenizer.special_tokens[END_OF_TEXT]
    model = Parrot([*tokenizer.encode("all"), end, *tokenizer.encode("more")], tokenizer.vocab_size)
    read = []
    model.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0].tolist()))
    result = write(model, tokenizer, "", 20, GREEDY)
    assert (result.text, result.tokens, result.finish_reason) == ("all", tokenizer.encode("all"), "stop")
    assert read[0] == [end]
    likeliest = write_likeliest(model, tokenizer, "", 20, beams=2)
    assert (likeliest.text, likeliest.tokens, likeliest.finish_reason) == ("all", result.tokens, "stop")
    # Text that only looks like it is text.
    read.clear()
    write(model, tokenizer, END_OF_TEXT, 1, GREEDY)
    assert read[0] == list(END_OF_TEXT.encode())


def test_unseen_characters_are_refused_by_name(make_gpt):
    tokenizer = Characters.train([TEXT])
    model = make_gpt(vocab=tokenizer.vocab_size)
    with pytest.raises(GroundupError, match=r"never saw the characters 'Z', '#'\."):
        write(model, tokenizer, "the Z#Z cat", 5)
    with pytest.raises(GroundupError, match="and 16 others"):
        write_stream(model, tokenizer, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5)  # at once, not at the first piece
    with pytest.raises(GroundupError, match="never saw"):
        write_batch(model, tokenizer, ["the cat", "日本"], 5)


def test_unknown_words_are_noted_and_do_not_stop_it(make_gpt):
    tokenizer = Words.train([TEXT])
    model = make_gpt(vocab=tokenizer.vocab_size)
    result = write(model, tokenizer, "the zebra saw the yak and the zebra", 5)
    assert result.unknown == unknown_in(tokenizer, result.prompt) == ["zebra", "yak"]
    assert len(result.tokens) == 5
    assert write(model, tokenizer, "the cat", 5).unknown == []


def test_without_line_breaks_an_empty_prompt_still_starts(make_gpt):
    tokenizer = Characters.train(["abc"])
    model = make_gpt(vocab=tokenizer.vocab_size)
    assert len(write(model, tokenizer, "", 5).tokens) == 5


def test_an_empty_stop_string_is_refused(make_gpt):
    with pytest.raises(GroundupError, match="stop string is empty"):
        write(make_gpt(vocab=256), Bytes(), "a", 5, stop=[""])
