def unroll(letters, h, read, update, predict):
    """The state and the guess after each letter: two lists, each as long as `letters`.

    letters  a str or a list;  h  the state before the first letter
    read(letter) -> x     update(x, h) -> the next h     predict(h) -> a guess

    With update = lambda x, h: h + x and predict = lambda h: "after " + h, the letters "ban" and the state "" give
    (["b", "ba", "ban"], ["after b", "after ba", "after ban"])   (read = str gives each letter itself)
    """
