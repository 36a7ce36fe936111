def unroll(letters, h, read, update, predict):
    """The state and the guess after each letter: two lists, each as long as `letters`.

    letters  a str or a list;  h  the state before the first letter
    read(letter) -> x     update(x, h) -> the next h     predict(h) -> a guess

    Here each letter stands for itself, and the state is the text read so far:

    >>> unroll("ban", "", str, lambda x, h: h + x, lambda h: "after " + h)
    (['b', 'ba', 'ban'], ['after b', 'after ba', 'after ban'])
    """
