def unroll(letters, h, read, update, predict):
    states, guesses = [], []
    for letter in letters:
        x = read(letter)
        h[:] = update(x, h)
        states.append(h)
        guesses.append(predict(h))
    return states, guesses
