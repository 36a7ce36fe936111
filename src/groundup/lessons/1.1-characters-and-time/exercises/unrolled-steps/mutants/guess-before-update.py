def unroll(letters, h, read, update, predict):
    states, guesses = [], []
    for letter in letters:
        x = read(letter)
        guesses.append(predict(h))
        h = update(x, h)
        states.append(h)
    return states, guesses
