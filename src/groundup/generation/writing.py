"""Text in, text out: a prompt becomes tokens, the tokens that follow become text, as they come.

Three things must not show in what goes out: half a character (its other bytes come with a later token), a
stop string, and the beginning of a stop string that the next token may complete. So text is held back until
it is certain, and no longer. The pieces of `write_stream`, joined, are the text of `write`.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from groundup.common.errors import GroundupError
from groundup.generation.beam import beam_search
from groundup.generation.generate import stream, stream_batch
from groundup.generation.sampling import UNFILTERED, Sampling
from groundup.models.contract import LanguageModel
from groundup.text.byte_level import TextStream
from groundup.text.tokenizer import Tokenizer, check_ids

END_OF_TEXT = "<|endoftext|>"
Ending = Literal["length", "stop"]


@dataclass(frozen=True)
class Generated:
    """What was written after a prompt.

    text: without the prompt, and cut before the stop string or the end-of-text token that ended it.
    tokens: the ids that were chosen, without the end-of-text token; those of a stop string are among them.
    finish_reason: "stop" when it ended by itself, "length" when `max_tokens` were written.
    unknown: the words of the prompt that the tokenizer does not know; the model saw "unknown" in their place.
    """

    prompt: str
    text: str
    tokens: list[int]
    finish_reason: Ending
    unknown: list[str]


def write(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_tokens: int = 200,
    sampling: Sampling = UNFILTERED,
    *,
    stop: Sequence[str] = (),
) -> Generated:
    """Continue a prompt until a stop string, the end-of-text token, or `max_tokens` tokens.

    An empty prompt starts as a new text does: from the end-of-text token if the tokenizer has one, else from
    a line break. Stop strings are looked for in the new text alone; the one that is complete first counts.
    Raises GroundupError for characters that a tokenizer of characters does not know, for an empty stop
    string, and for whatever `generate` refuses.
    """
    return write_batch(model, tokenizer, [prompt], max_tokens, sampling, stop=stop)[0]


def write_batch(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompts: Sequence[str],
    max_tokens: int = 200,
    sampling: Sampling = UNFILTERED,
    *,
    stop: Sequence[str] = (),
) -> list[Generated]:
    """`write` for prompts of any lengths at once; the r-th equals `write` with the seed `seed + r`."""
    writers = [_Writer(tokenizer, prompt, stop) for prompt in prompts]
    texts: list[list[str]] = [[] for _ in writers]
    for row, piece in _pieces(model, writers, max_tokens, sampling):
        texts[row].append(piece)
    return [writer.result("".join(text)) for writer, text in zip(writers, texts, strict=True)]


def write_stream(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_tokens: int = 200,
    sampling: Sampling = UNFILTERED,
    *,
    stop: Sequence[str] = (),
) -> Iterator[str]:
    """The text of `write` in pieces, each as soon as it is certain. A bad prompt is refused at once.

    `unknown_in` says beforehand which words of the prompt the tokenizer does not know.
    """
    writer = _Writer(tokenizer, prompt, stop)
    return (piece for _, piece in _pieces(model, [writer], max_tokens, sampling) if piece)


def write_tokens(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_tokens: int = 200,
    sampling: Sampling = UNFILTERED,
    *,
    stop: Sequence[str] = (),
    begin: Sequence[int] = (),
) -> Generator[tuple[int | None, str], None, Ending]:
    """`write_stream` with the token that each piece came with; None with what was held back to the end.

    begin: tokens that stand after the prompt already; they come first, and count in `max_tokens`. So a text can be
    taken up again at any of its tokens. A piece is empty while its token is half a character. Returns why it ended.
    """
    check_ids(begin, model.vocab_size)
    writer = _Writer(tokenizer, prompt, stop)
    new = stream(model, [*writer.prompt_ids, *begin], max(0, max_tokens - len(begin)), sampling)
    for token in chain(begin, new):
        yield token, writer.add(token)
        if writer.finish_reason == "stop":
            break
    if rest := writer.finish():
        yield None, rest
    return writer.finish_reason


def write_likeliest(
    model: LanguageModel,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_tokens: int = 200,
    beams: int = 4,
    *,
    length_penalty: float = 1.0,
    stop: Sequence[str] = (),
) -> Generated:
    """Continue a prompt with the likeliest text that beam search finds, cut before the first stop string.

    The search itself knows no stop strings: it ends texts at the end-of-text token, or at `max_tokens`.
    """
    writer = _Writer(tokenizer, prompt, stop)
    result = beam_search(
        model,
        writer.prompt_ids,
        max_tokens,
        beams,
        length_penalty=length_penalty,
        stop_token=writer.end_of_text,
    )
    text = []
    for token in result[0][0]:
        text.append(writer.add(token))
        if writer.finish_reason == "stop":
            break
    return writer.result("".join(text) + writer.finish())


def unknown_in(tokenizer: Tokenizer, prompt: str) -> list[str]:
    """What the tokenizer does not know of a prompt: each word or character once, in the order they come."""
    return list(dict.fromkeys(lost.strip() or lost for lost in tokenizer.lost(prompt)))


def prompt_tokens(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """What a model reads before it writes: the prompt's tokens, or the start of a new text if there are none.

    Raises GroundupError for characters that a tokenizer of characters does not know.
    """
    unknown = unknown_in(tokenizer, prompt)
    if unknown and tokenizer.kind == "characters":
        raise GroundupError(
            f"The model never saw {_listed(unknown)}.",
            "Leave that out of the prompt, or train a model on bytes or byte pairs (bpe): they know all.",
        )
    end_of_text = tokenizer.special_tokens.get(END_OF_TEXT)
    if ids := tokenizer.encode(prompt):
        return ids
    if end_of_text is not None:
        return [end_of_text]
    return tokenizer.encode("\n") or [0]  # BERT's tokenizer drops line breaks


def _pieces(
    model: LanguageModel, writers: Sequence["_Writer"], max_tokens: int, sampling: Sampling
) -> Iterator[tuple[int, str]]:
    """`(row, piece of text)` as the pieces become certain."""
    done: set[int] = set()
    prompts = [writer.prompt_ids for writer in writers]
    for row, token in stream_batch(model, prompts, max_tokens, sampling, done=done):
        yield row, writers[row].add(token)
        if writers[row].finish_reason == "stop":
            done.add(row)
    for row, writer in enumerate(writers):
        yield row, writer.finish()


class _Writer:
    """One text being written: tokens come in, text that is certain comes out."""

    def __init__(self, tokenizer: Tokenizer, prompt: str, stop: Sequence[str]) -> None:
        self.prompt = prompt
        self.unknown = unknown_in(tokenizer, prompt)
        self.prompt_ids = prompt_tokens(tokenizer, prompt)
        self.tokens: list[int] = []
        self.finish_reason: Ending = "length"
        self.end_of_text = tokenizer.special_tokens.get(END_OF_TEXT)
        self._stream = TextStream(tokenizer)
        self._stop = _StopStrings(stop)
        if tokenizer.encode(prompt):
            # How the first new token is written can depend on the one before: a space, or none.
            self._stream.add(self.prompt_ids[-1])

    def add(self, token: int) -> str:
        if token == self.end_of_text:
            self.finish_reason = "stop"
            return ""
        self.tokens.append(token)
        return self._certain(self._stream.add(token))

    def finish(self) -> str:
        """What was still held back, if no stop string ended the text."""
        if self._stop.complete:
            return ""
        rest = self._certain(self._stream.finish())
        return rest if self._stop.complete else rest + self._stop.waiting

    def result(self, text: str) -> Generated:
        return Generated(self.prompt, text, self.tokens, self.finish_reason, self.unknown)

    def _certain(self, text: str) -> str:
        text = self._stop.add(text)
        if self._stop.complete:
            self.finish_reason = "stop"
        return text


class _StopStrings:
    """Lets text through up to a stop string, and holds back what could still become one."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = [stop] if isinstance(stop, str) else list(stop)
        if "" in self._stop:
            raise GroundupError("A stop string is empty, so nothing could be written.", "Leave it out.")
        self.waiting = ""
        self.complete = False

    def add(self, text: str) -> str:
        """What can go out now."""
        text = self.waiting + text
        # The one that is complete first ends the text, however the text is cut into tokens; of two that are
        # complete together, the longer one.
        matches = [(start + len(s), start) for s in self._stop if (start := text.find(s)) >= 0]
        if matches:
            self.complete, self.waiting = True, ""
            return text[: min(matches)[1]]
        hold = max((_overlap(text, s) for s in self._stop), default=0)
        self.waiting = text[len(text) - hold :]
        return text[: len(text) - hold]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text are the beginning of the stop string, which is not in it."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)


def _listed(characters: Sequence[str]) -> str:
    text = ", ".join(repr(character) for character in characters[:10])
    more = f" and {len(characters) - 10} others" if len(characters) > 10 else ""
    kind = "the character" if len(characters) == 1 else "the characters"
    return f"{kind} {text}{more}"
