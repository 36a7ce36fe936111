"""Counting with a dictionary."""


def count_letters(text):
    """How often each character comes in a text.

    >>> count_letters("noon")
    {'n': 2, 'o': 2}
    """
