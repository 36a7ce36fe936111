from collections import Counter


def count_letters(text):
    return dict(Counter(text))
