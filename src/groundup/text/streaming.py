"""Text while it is being written: token ids come one by one, and text that is certain goes out at once."""

import codecs

from groundup.text.byte_level import ByteLevel
from groundup.text.tokenizer import Tokenizer


class TextStream:
    """Turns ids into text as they come. All that `add` and `finish` return, joined, is `decode` of all ids.

    A byte-level token can end within a character; its bytes wait for the rest.

    >>> from groundup.text.byte_level import Bytes
    >>> stream = TextStream(Bytes())
    >>> [stream.add(byte) for byte in "né".encode()], stream.finish()
    (['n', '', 'é'], '')
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._bytes = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._last: list[int] = []

    def add(self, token: int) -> str:
        """The text that has become certain with this token."""
        if isinstance(self._tokenizer, ByteLevel):
            return self._bytes.decode(self._tokenizer.decode_bytes([token]))
        # What a token adds to the text depends at most on the one before it: does a space go between them?
        before = self._tokenizer.decode(self._last)
        text = self._tokenizer.decode([*self._last, token])
        self._last = [token]
        return text[len(before) :]

    def finish(self) -> str:
        """What still waits: the beginning of a character that was never finished shows as U+FFFD."""
        return self._bytes.decode(b"", final=True)
