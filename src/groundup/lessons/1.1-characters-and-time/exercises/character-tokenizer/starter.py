def vocabulary_of(text):
    """Every character of `text` (str) once, sorted: a list of str. "banana" gives ["a", "b", "n"]."""


def encode(text, vocabulary):
    """Ids of the characters of `text`: a list of int, each from 0 to len(vocabulary) − 1.

    "nab" with ["a", "b", "n"] gives [2, 0, 1]. Raises ValueError, naming it, for a character that is not there.
    """


def decode(ids, vocabulary):
    """The text (str) that `ids` (list of int) stand for. [2, 0, 1] with ["a", "b", "n"] gives "nab"."""
